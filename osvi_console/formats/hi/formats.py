from osvi_console.formats.india import *  # noqa: F403
