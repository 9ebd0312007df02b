"""The verbs: one per module. Admin, webhooks, tasks and commands are doors to these; nothing else moves a call."""
