"""Columns that look like personal data: a survey submission may not carry them. Pay is none; a name is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# A header is read as words without case and accents: `Employee_Name`, `EmployeeName` and "employee name" alike.
# A name is one of these words...
_NAMES = _set(
    "surname surnames firstname lastname fullname forename forenames givenname familyname middlename employeename "
    "vorname nachname familienname apellido apellidos prenom prenoms sobrenome cognome voornaam achternaam "
    "fornavn etternavn efternavn fornamn efternamn etunimi sukunimi imie nazwisko jmeno prijmeni initials "
    "имя фамилия отчество фио 姓名 氏名 名前"
)
# ... or one of these, alone or with words that say whose.
_NAME = _set("name names nom noms nombre nombres nome nomi naam navn namn nimi")
_WHOSE = _set(
    "first last given family full middle maiden legal preferred employee employees worker incumbent person persons "
    "staff associate colleague manager supervisor user contact candidate applicant holder display known birth "
    "emergency spouse dependent and or of the de del da di du des la le el s hr lm line reporting direct "
    "complet complets complete completo famille usage employe employee empleado trabajador salarie funcionario "
    "dipendente mitarbeiter mitarbeitername medewerker leader boss business partner recruiter"
)
_MAIL = _set("email emails mail mails courriel correo electronico elettronica posta e electronique adresse address id")
_PHONE = _set(
    "phone phones telephone telephones tel mobile cell cellphone cellular fax telefon telefono telefone handy "
    "mobil celular portable telefoon gsm movil mobiltelefon phonenumber"
)
_PHONE_MORE = _set(
    "number numbers no nr num numero nummer work home business personal office private ext extension emergency "
    "contact employee de di du company direct primary secondary"
)
_BIRTH = _set(
    "dob birth birthdate birthday birthdays geburtsdatum geburtstag geburtsjahr nacimiento naissance nascimento "
    "nascita geboortedatum fodelsedatum fodselsdato syntymaaika urodzenia narozeni 生年月日 出生日期"
)
_NATIONAL = _set(
    "ssn nino passport passeport pasaporte reisepass pesel cpf curp dni bsn aadhaar personnummer nric "
    "sozialversicherungsnummer steuernummer steueridentifikationsnummer sozialversicherungsnr svnr 身份证"
)
_NATIONAL_PHRASES = (
    "social security", "social insurance", "national insurance", "national id", "national identity",
    "national identification", "identity card", "id card", "government id", "tax id", "tax identification",
    "taxpayer id", "steuer id", "securite sociale", "seguridad social", "codice fiscale", "driver license",
    "drivers license", "driving licence", "sin number", "nie number", "personal id number", "burgerservicenummer",
)  # fmt: skip
_HOME = ("home address", "private address", "residential address", "privatadresse", "adresse personnelle")

_CONTENTS = (
    (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}"), "e-mail addresses"),
    (re.compile(r"\d{3}-\d{2}-\d{4}"), "social security numbers"),
)
_MOST = 0.6  # of the cells that are not empty


def personal_columns(
    headers: Sequence[str], first_rows: Iterable[Sequence[str]] = (), spared: Iterable[str | None] = ()
) -> dict[str, str]:
    """The headers that look like personal data, each with what it looks like.

    By their names; and by what they hold in the first rows, for e-mail addresses and social security numbers.
    `spared` are never among them: the columns that hold the job.
    """
    found = {}
    rows = list(first_rows)
    for at, header in enumerate(headers):
        if header not in spared and (
            looks := _by_name(header) or _by_content(row[at] for row in rows if at < len(row))
        ):
            found[header] = looks
    return found


def _by_name(header: str) -> str:
    plain = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)).casefold()
    words = re.findall(r"[^\W\d_]+", "".join(filter(lambda one: not unicodedata.combining(one), plain)))
    line, found = " ".join(words), frozenset(words)
    if found & _NATIONAL or any(f" {phrase} " in f" {line} " for phrase in _NATIONAL_PHRASES):
        return "national ID"
    if found & _BIRTH:
        return "birth date"
    if found & _set("email emails courriel") or (found & _set("mail correo posta") and found <= _MAIL | _PHONE_MORE):
        return "e-mail"
    if found & _PHONE and found <= _PHONE | _PHONE_MORE:
        return "phone"
    if found & _NAMES or (found & _NAME and found <= _NAME | _WHOSE):
        return "name"
    return "home address" if any(phrase in line for phrase in _HOME) else ""


def _by_content(cells: Iterable[str]) -> str:
    filled = [stripped for cell in cells if (stripped := cell.strip())]
    for pattern, what in _CONTENTS:
        if filled and sum(map(bool, map(pattern.fullmatch, filled))) >= _MOST * len(filled):
            return what
    return ""
