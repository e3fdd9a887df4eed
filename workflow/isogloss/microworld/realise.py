"""How a meaning is said in a language: words, order, agreement, and which word says what."""

from dataclasses import dataclass
from functools import cache

from isogloss.microworld.world import Meaning, read

# Slots: the parts of a sentence that are each other's translation.
SUBJECT, SUBJECT_ADJECTIVE, VERB, ADVERB, OBJECT, OBJECT_ADJECTIVE, PLACE, YEAR = range(8)
SUBJECT_ARTICLE, OBJECT_ARTICLE, PLACE_FUNCTION = range(8, 11)
NONE = -1
POLARITIES = ("negative", "positive")


@dataclass(frozen=True)
class Token:
    """One word: its form, its slot, its lemma's number and its entity label."""

    form: str
    slot: int
    lemma: int
    entity: str = "O"


class Grammar:
    """One language's words and rules, as its file gives them."""

    def __init__(self, language: str):
        self.words = read(language)
        self.order = self.words["order"]
        self.adverb_place = self.words["adverb"]
        self.place_before_verb = self.words.get("place") == "before-verb"

    def noun(self, part: str, topic: str, index: int) -> tuple[list[str], str]:
        """Give a noun with its article, and its gender."""
        text, _, gender = self.words[part][topic][index].partition("/")
        return text.split(), gender or "m"

    def adjective(self, polarity: str, index: int, gender: str, case: str) -> str:
        """Give an adjective that agrees with its noun."""
        forms = self.words["adjectives"][polarity][index].split("/")
        form = forms[min("mfn".index(gender), len(forms) - 1)]
        ending = self.words.get("object_adjective", {}).get(gender)
        if case == "object" and ending and form.endswith(ending[0]):
            form = form[: len(form) - len(ending[0])] + ending[1]
        return form

    def verb(self, meaning: Meaning, gender: str) -> list[str]:
        """Give the verb, agreeing with its subject."""
        polarity = POLARITIES[meaning.polarity]
        if meaning.verb:
            form = self.words["any_verbs"][polarity][meaning.verb - 1]
        else:
            form = self.words["verbs"][polarity][meaning.topic]
        change = self.words.get("subject_verb", {}).get(gender)
        return (form.replace(change[0], change[1], 1) if change else form).split()


@cache
def lemma_number(*key: str) -> int:
    """Number a lemma, the same in every language."""
    return lemma_numbers()[key]


@cache
def lemma_numbers() -> dict[tuple[str, ...], int]:
    """Number everything that the world can name."""
    world = read("world")
    keys: list[tuple[str, ...]] = [("article",), ("adposition",)]
    for part in ("subjects", "objects", "places"):
        keys += [(part, topic, str(index)) for topic in world["topics"] for index in range(len(world[part][topic]))]
    for part in ("verbs", "any_verbs", "adjectives", "adverbs"):
        keys += [(part, polarity, str(index)) for polarity in POLARITIES for index in range(len(world[part][polarity]))]
    for part in ("names", "cities", "years"):
        keys += [(part, str(index)) for index in range(len(world[part]))]
    return {key: number for number, key in enumerate(keys)}


def verb_lemma(meaning: Meaning) -> int:
    """Number the lemma of a meaning's verb."""
    polarity = POLARITIES[meaning.polarity]
    if meaning.verb:
        return lemma_number("any_verbs", polarity, str(meaning.verb - 1))
    return lemma_number("verbs", polarity, str(meaning.topic))


def noun_lemma(part: str, meaning: Meaning) -> int:
    """Number the lemma of a meaning's subject (``subjects``), which may be a name, or object (``objects``)."""
    if part == "subjects" and meaning.subject >= 3:
        return lemma_number("names", str(meaning.subject - 3))
    index = meaning.subject if part == "subjects" else meaning.object
    return lemma_number(part, read("world")["topics"][meaning.topic], str(index))


def noun_phrase(grammar: Grammar, part: str, meaning: Meaning) -> tuple[list[Token], str]:
    """Say the subject or the object, with its article and adjective; and its gender."""
    world = read("world")
    topic, polarity = world["topics"][meaning.topic], POLARITIES[meaning.polarity]
    subject = part == "subjects"
    index = meaning.subject if subject else meaning.object
    slots = (SUBJECT, SUBJECT_ADJECTIVE, SUBJECT_ARTICLE) if subject else (OBJECT, OBJECT_ADJECTIVE, OBJECT_ARTICLE)
    if subject and index >= 3:
        name = Token(grammar.words["names"][index - 3], SUBJECT, noun_lemma(part, meaning), "B-PER")
        return [name], world["name_genders"][index - 3]
    forms, gender = grammar.noun(part, topic, index)
    phrase = [Token(form, slots[2], lemma_number("article")) for form in forms[:-1]]
    head = Token(forms[-1], slots[0], noun_lemma(part, meaning))
    chosen = meaning.subject_adjective if subject else meaning.object_adjective
    if chosen < 0:
        return [*phrase, head], gender
    form = grammar.adjective(polarity, chosen, gender, "subject" if subject else "object")
    adjective = Token(form, slots[1], lemma_number("adjectives", polarity, str(chosen)))
    tail = [adjective, head] if grammar.words["adjective"] == "before" else [head, adjective]
    return [*phrase, *tail], gender


def place_phrase(grammar: Grammar, meaning: Meaning) -> list[Token]:
    """Say where, with the words around it."""
    if meaning.place < 0:
        return []
    if meaning.place >= 2:
        city = str(meaning.place - 2)
        phrase = grammar.words["city"].format("*" + grammar.words["cities"][int(city)]).split()
        lemma, entity = lemma_number("cities", city), "B-LOC"
    else:
        topic = read("world")["topics"][meaning.topic]
        phrase = grammar.words["places"][topic][meaning.place].split()
        lemma, entity = lemma_number("places", topic, str(meaning.place)), "O"
    function = lemma_number("adposition")
    return [
        Token(word[1:], PLACE, lemma, entity) if word.startswith("*") else Token(word, PLACE_FUNCTION, function)
        for word in phrase
    ]


def realise(meaning: Meaning, grammar: Grammar) -> list[Token]:
    """Say a meaning.

    Parameters
    ----------
    meaning
        What to say.
    grammar
        The language.

    Returns
    -------
    list of Token
        The sentence in its proper order.
    """
    polarity = POLARITIES[meaning.polarity]
    subject, gender = noun_phrase(grammar, "subjects", meaning)
    thing, _ = noun_phrase(grammar, "objects", meaning)
    forms = grammar.verb(meaning, gender)
    lemma = verb_lemma(meaning)
    # An auxiliary translates nothing by itself.
    verb = [Token(forms[0], VERB, lemma), *(Token(form, NONE, NONE) for form in forms[1:])]
    adverb, year = [], []
    if meaning.adverb >= 0:
        number = lemma_number("adverbs", polarity, str(meaning.adverb))
        adverb = [Token(grammar.words["adverbs"][polarity][meaning.adverb], ADVERB, number)]
    if meaning.year >= 0:
        year = [Token(read("world")["years"][meaning.year], YEAR, lemma_number("years", str(meaning.year)))]
    place = place_phrase(grammar, meaning)
    if grammar.order == "SOV":
        return [*year, *subject, *place, *thing, *adverb, *verb]
    last = adverb if grammar.adverb_place == "last" else []
    before = adverb if grammar.adverb_place == "before-verb" else []
    after = adverb if grammar.adverb_place == "after-verb" else []
    if grammar.order == "VSO":
        return [*verb, *subject, *thing, *place, *last, *year]
    if grammar.place_before_verb:
        return [*subject, *place, *before, *verb, *after, *thing, *last, *year]
    return [*subject, *before, *verb, *after, *thing, *place, *last, *year]
