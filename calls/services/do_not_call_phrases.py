"""The ways in which people say that they do not want to be called, in English and Hindi, as data.

What is found is only proposed to staff, so the lists rather take too much than too little; but a time of day ("do not
call me before five") and a denial ("did not ask to be removed") are no such wish.
"""

import re
import unicodedata
from collections.abc import Iterator

# Vowel signs of Devanagari are no letters to `\b`.
_LETTER = r"[\w\u0900-\u097F]"
_START, _END = rf"(?<!{_LETTER})", rf"(?!{_LETTER})"

_CALL = r"(?:call|ring|phone|contact|disturb|bother)"
_CALLED = r"(?:called|rung|phoned|contacted|disturbed|bothered)"
_CALLING = r"(?:calling|ringing|phoning|contacting|disturbing|bothering)"
_ASKED = (
    r"(?:ask(?:s|ed|ing)?|request(?:s|ed|ing)?|want(?:s|ed)?|wish(?:es|ed)?|demand(?:s|ed)?|insist(?:s|ed)?"
    r"|told|tells|would like|prefer(?:s|red)?|decid(?:es|ed)|chose)"
)
_NOT = r"(?:do not|don't|dont|never)"
_SOME = r"(?:[\w']+ ){0,4}?"
_ME = r"(?:me|my (?:phone |mobile |telephone )?number|this number|my name)"
_NO_CALLS = r"no (?:more|further) calls(?! (?:are|were|is|was|will|needed|required|planned))"
# "Not before five" is a wish for another time.
_NO_TIME = (
    r"(?! (?:me |us |them |him |her |again |back )?(?:right |just )?"
    r"(?:now|today|tonight|before|after|at|on|in|between|until|till|during|while|later|tomorrow|this)\b)"
)

# Said by the person.
SPOKEN = (
    rf"{_NOT} (?:ever |please )?{_CALL} (?:me|us|here|again|any ?more|(?:on |at )?(?:this|my) number){_NO_TIME}",
    rf"(?:stop|quit) {_CALLING}{_NO_TIME}",
    rf"(?:remove|delete|erase) {_ME}",
    rf"take {_ME} (?:off|from|out)",
    r"unsubscribe",
    r"(?:want to|like to|please|i|me) opt(?:ing)?[- ]out",
    r"opt me out",
    _NO_CALLS,
    r"do[- ]not[- ](?:call|disturb) (?:list|register|registry)",
    r"(?:on|in|to|activate) (?:the |your )?dnd",
    r"leave me alone",
    # Hindi in Latin letters.
    r"(?:phone|fon|call|kaal) (?:mat|na|nahi|nahin|nhi) (?:karo|karna|karen|karein|kare|kariye|kijiye|kijiyega)",
    r"(?:phone|fon|call) karna (?:band|bandh) (?:karo|kar|kijiye|karen|karein|kariye)",
    r"(?:mera|hamara) (?:phone |mobile )?(?:number|nambar) (?:hata|nikal|delete|mita)\w*",
    # Hindi.
    r"(?:फोन|कॉल|काल) (?:मत|ना|न|नहीं) (?:करो|करना|करिए|करिये|करियेगा|करिएगा|कीजिए|कीजिये|कीजिएगा|कीजियेगा|करें|करे|किया करो)",
    r"(?:मत|ना|न) (?:फोन|कॉल|काल) (?:करो|करना|करिए|कीजिए|कीजिएगा|करें|करे)",
    r"(?:फोन|कॉल|काल) करना (?:बंद|बन्द)",
    r"(?:मेरा|हमारा|यह|ये) (?:फोन |मोबाइल )?(?:नंबर|नम्बर) (?:हटा|निकाल|डिलीट|मिटा)[\u0900-\u097F]*",
    r"(?:सूची|लिस्ट) से (?:हटा|निकाल)[\u0900-\u097F]*",
    r"परेशान (?:मत|ना|न)",
)

# Told about the person.
TOLD = (
    rf"{_ASKED} {_SOME}not (?:to |be |have |receive |get |any |further )*(?:{_CALL}|{_CALLED}|calls){_NO_TIME}",
    rf"(?:do|does|did)(?: not|n't) (?:want|wish) {_SOME}(?:calls?|{_CALLED}){_NO_TIME}",
    rf"{_ASKED} {_SOME}(?:stop|stopping) (?:{_CALLING}|(?:the |these |all |further )*calls)",
    rf"{_ASKED} {_SOME}(?:removal|be removed|be taken off|be deleted|be unsubscribed|unsubscribe|opt[- ]?out)",
    r"opted[- ]out",
    r"unsubscribed",
    rf"{_ASKED} {_SOME}(?:remove|delete|erase) (?:his|her|their|the|this|that) (?:phone |mobile |telephone )?number",
    rf"(?:his|her|their) (?:phone |mobile |telephone )?number {_SOME}(?:removed|deleted|taken off)",
    r"(?:on|to|in) (?:the |our |your |a )?(?:do[- ]not[- ](?:call|disturb)|dnd|dnc)",
    r"(?:do[- ]not[- ](?:call|disturb)|dnd|opt[- ]?out) request",
    rf"never (?:be {_CALLED}|{_CALL}) (?:me |them |him |her |us )?again",
    # Hindi.
    r"(?:फोन|कॉल|काल) (?:न|ना|नहीं) (?:करने|किए जाने|किया जाए)",
    r"(?:फोन|कॉल|काल) (?:करना )?(?:बंद|बन्द) (?:करने|कराने)",
    r"(?:नंबर|नम्बर) (?:सूची से |लिस्ट से )?(?:हटाने|निकालने|हटवाने)",
)

# What stands right before words that then mean the contrary: "did not ask to be removed".
_DENIED = re.compile(
    r"(?:(?:did|does|do|has|have|had)(?: not|n't)|never|without|rather than|instead of)"
    r"(?: (?:yet|ever|even|explicitly))?"
    r"(?: (?:ask|asked|asking|request|requested|requesting|want|wanted|say|said|saying|tell|told|mention\w*))?"
    r"(?: (?!and\b|but\b|so\b)[\w']+){0,2} $"
)
_DENIED_HERE = re.compile(r"(?:did|does|do)(?: not|n't) $")
# The same in Hindi stands behind: "को नहीं कहा".
_DENIED_AFTER = re.compile(r"^ (?:को|के लिए|की बात)? ?(?:नहीं|ना) ")
# "Right now", "today": a wish for another time.
_NOT_NOW = re.compile(r"(?:अभी|आज|abhi|aaj) (?:\S+ ){0,2}$")
# How denials look that are words of the wish itself: in "I never asked, stop calling" nothing is denied.
_NO_DENIAL = re.compile(r"(?:no|do not|don't|dont|never) ")


def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_START + "(?:" + "|".join(phrases) + ")" + _END)


_SPOKEN, _TOLD = _pattern(SPOKEN), _pattern((*SPOKEN, *TOLD))
# Longer texts are looked at only so far.
_LOOKED_AT = 100_000
# How many characters around such words can change what they mean.
_NEAR = 80
_SENTENCE = re.compile(r"[^.!?।\n;,]+")
_SHOWN_SENTENCE = re.compile(r"[^.!?।\n]+[.!?।]?")
_AROUND = "".join((" ", '"', "'", "“", "”", "‘", "(", ")", "-", "–", "—"))


def plain(text: str) -> str:
    """Return a text as the phrases are written: small letters, single spaces, no nuktas, straight apostrophes."""
    bare = unicodedata.normalize("NFD", text).replace("\u093c", "")
    bare = unicodedata.normalize("NFC", bare).replace("’", "'").replace("‐", "-").lower()
    return re.sub(r"\s+", " ", bare)


def wish_in_speech(text: str) -> str:
    """Return the sentence in which a person says that they do not want to be called; "" if there is none."""
    return _found(text, _SPOKEN, reported=False)


def wish_in_report(text: str) -> str:
    """Return the sentence of a summary which tells that somebody does not want to be called; "" if none does."""
    return _found(text, _TOLD, reported=True)


def _found(text: str, pattern: re.Pattern[str], *, reported: bool) -> str:
    for sentence in _SHOWN_SENTENCE.findall(text[:_LOOKED_AT]):
        if any(_is_wish(clause, pattern, reported=reported) for clause in _clauses(sentence)):
            return sentence.strip()
    return ""


def _clauses(sentence: str) -> Iterator[str]:
    for clause in _SENTENCE.findall(sentence):
        yield plain(clause).strip(_AROUND)


def _is_wish(clause: str, pattern: re.Pattern[str], *, reported: bool) -> bool:
    for found in pattern.finditer(clause):
        before = clause[max(0, found.start() - _NEAR) : found.start()]
        after = clause[found.end() : found.end() + _NEAR] + " "
        denied = _is_denied(found[0], before, reported=reported) or _DENIED_AFTER.match(after)
        if not denied and not _NOT_NOW.search(before):
            return True
    return False


def _is_denied(words: str, before: str, *, reported: bool) -> bool:
    if reported:
        return bool(_DENIED.search(before))
    return bool(_DENIED_HERE.search(before)) and not _NO_DENIAL.match(words)
