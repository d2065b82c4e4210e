"""What the writer of a mail wrote: without the mails it quotes, the signature and the mailing list's footer."""

import re
from collections.abc import Sequence

LONGEST_LINES = 3  # of the sentence that introduces a quoted mail, as programs wrap it
SHORT = 10  # lines that a signature has at most where its mark has lost its trailing space

QUOTED = re.compile(r"\s{0,3}>")
DATED = re.compile(r"(?:On|Am|Le|El|Il|Em|Op|Den|Dnia|W dniu)\b\D{0,60}\d.{0,300}[:：]")
WROTE = re.compile(
    r".{1,200}\b(?:wrote|writes|schrieb|écrit|escribió|escreveu|ha scritto|schreef|skrev|kirjoitti|napisał|napisała"
    r"|pisze|написал|написала|пишет)\s?[:：]"
)
ORIGINAL = re.compile(
    r"\s*-{2,}\s?(?:Original Message|Original-Nachricht|Ursprüngliche Nachricht|Message d'origine|Mensaje original"
    r"|Messaggio originale|Mensagem original|Oorspronkelijk bericht|Исходное сообщение)\s?-{2,}\s*$",
    re.I,
)
SENDER = re.compile(r"\*?(?:From|Von|De|Da|Van|Från|От)\s?:\*?\s?\S")
SENT = re.compile(r"\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Data|Inviato|Verzonden|Skickat|Отправлено)\b.{0,20}:")
FORWARDED = re.compile(r"forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado", re.I)
FORWARD = re.compile(r"\W*(?:fwd?|wg|tr|rv|enc)\s?:", re.I)  # before a subject
RULE = re.compile(r"_{20,}\s*$")
SIGNATURE = "-- "  # RFC 3676
BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^<>]*>", re.I)
PERSON = re.compile(r"[^@\s][^@]*")


def own_words(text: str, subject: str = "") -> str:
    """Return what is left of a mail's text without quoted lines, what introduces them, signature and footer.

    Words between quotes stay, in their order. A mail that only quotes gives "". One that forwards another, as its
    text or its `subject` says, is there for the other's sake, and both are kept.
    """
    kept: list[str] = []
    quoting = False
    lines = text.splitlines()
    for line in lines[: _end(lines, FORWARD.match(subject) is not None)]:
        quoted = QUOTED.match(line) is not None
        if quoted and not quoting:
            _drop_introduction(kept)
        kept.append("" if quoted else line.rstrip())
        quoting = quoted
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def marked(html: str) -> str:
    """Return a mail's HTML with each blockquote, and all in it, as one line that is quoted with ">"."""
    kept, depth, start = [], 0, 0
    for tag in BLOCKQUOTE.finditer(html):
        if not tag[1] and depth == 0:
            kept += [html[start : tag.start()], "<p>&gt;</p>"]
        if not tag[1] or depth:
            depth += -1 if tag[1] else 1
            start = tag.end()
    return "".join(kept) + ("" if depth else html[start:])


def person(name: str | None) -> str | None:
    """Return a sender's name, or None where an address stands in its place: an address is nobody's to keep."""
    name = (name or "").strip()
    return name if PERSON.fullmatch(name) and " (a) " not in name else None


def _end(lines: Sequence[str], forwards: bool) -> int:
    """Return the number of the line at which the words end and what programs add begins."""
    for number, line in enumerate(lines):
        signed = line == SIGNATURE or (line == SIGNATURE.rstrip() and len(lines) - number <= SHORT)
        if signed or ORIGINAL.match(line) or (RULE.match(line) and _names_a_list(lines[number + 1 : number + 5])):
            return number
        forwards = forwards or FORWARDED.search(line[:200]) is not None
        if not forwards and SENDER.match(line) and any(map(SENT.match, lines[number + 1 : number + 4])):
            return number - (number > 0 and RULE.match(lines[number - 1]) is not None)
    return len(lines)


def _names_a_list(lines: Sequence[str]) -> bool:
    return any("mailing list" in line.lower() or "unsubscribe" in line.lower() for line in lines)


def _drop_introduction(kept: list[str]) -> None:
    """Take "On Monday Ann wrote:" off the end of `kept`, over as many lines as it has."""
    while kept and not kept[-1].strip():
        kept.pop()
    if not kept or not kept[-1].endswith((":", "：")):
        return
    for count in range(1, LONGEST_LINES + 1):
        lines = kept[-count:]
        if all(lines) and DATED.fullmatch(" ".join(lines)[:700]):
            del kept[-count:]
            return
    if WROTE.fullmatch(kept[-1][:700]):
        kept.pop()
