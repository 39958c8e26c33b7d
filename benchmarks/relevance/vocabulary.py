"""The frozen words of the judged collection: a change here changes every judgement."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """A product is one or more words; a size is written with `_` for a space."""

    emoji: str
    cheapest: int
    dearest: int
    products: tuple[str, ...]
    materials: tuple[str, ...]
    sizes: tuple[str, ...]


FAMILIES = (
    Family(
        "🚲",
        1_500,
        90_000,
        (
            *("bicycle", "bicycle bell", "bicycle basket", "scooter", "skateboard", "helmet", "saddle bag"),
            *("tyre pump", "trailer"),
        ),
        ("leather", "aluminium", "steel"),
        ("28-inch", "26-inch", "3-speed"),
    ),
    Family(
        "🍳",
        900,
        12_000,
        (
            *(
                "chopping board",
                "bread knife",
                "salad bowl",
                "pepper mill",
                "sauté pan",
                "cookie jar",
                "apron",
            ),
            *("crème brûlée set", "purée press", "pâté dish", "cherry pitter", "spice box"),
        ),
        ("oak", "bamboo", "steel", "ceramic"),
        ("20_cm", "28_cm", "18/10"),
    ),
    Family(
        "🫖",
        700,
        9_000,
        (
            *(
                "teapot",
                "tea strainer",
                "coffee mug",
                "coffee grinder",
                "milk jug",
                "wine glass",
                "beer glass",
            ),
            *("carafe", "thermos flask", "espresso machine", "rosé decanter"),
        ),
        ("porcelain", "copper", "crystal"),
        ("500_ml", "250_ml", "1.5_l"),
    ),
    Family(
        "🧸",
        800,
        12_000,
        (
            *("teddy bear", "train", "kite", "spinning top", "doll", "rocking horse", "puppet", "piñata"),
            *("toy mouse", "marionette"),
        ),
        ("plush", "felt", "tin"),
        ("48-part", "XL", "3-in-1"),
    ),
    Family(
        "🎲",
        1_200,
        9_000,
        (
            *("chess set", "chess clock", "puzzle", "card game", "domino", "backgammon", "quiz", "dartboard"),
            *("matryoshka",),
        ),
        ("walnut", "linen", "resin"),
        ("1000-piece", "500-piece", "2-player"),
    ),
    Family(
        "🧣",
        1_500,
        25_000,
        (
            *("scarf", "T-shirt", "hoodie", "glove", "cardigan", "bathrobe", "slipper", "dress", "beret"),
            *("umbrella",),
        ),
        ("cashmere", "cotton", "silk", "wool"),
        ("size_M", "size_XXL", "one-size"),
    ),
    Family(
        "💍",
        2_500,
        150_000,
        (
            *("necklace", "bracelet", "earring", "brooch", "cufflink", "wristwatch", "pendant", "tiara"),
            *("appliqué clutch",),
        ),
        ("silver", "gold", "amber", "pearl"),
        ("42_cm", "8_mm", "750/1000"),
    ),
    Family(
        "⛺",
        1_200,
        60_000,
        (
            *("tent", "hammock", "pocket knife", "compass", "lantern", "binocular", "picnic blanket"),
            *("sleeping bag", "torch", "rucksack"),
        ),
        ("canvas", "nylon", "titanium"),
        ("35_l", "2-person", "IP67"),
    ),
    Family(
        "🎧",
        1_500,
        90_000,
        (
            *("headphone", "loudspeaker", "keyboard", "charger", "computer mouse", "camera", "radio"),
            *("desk lamp", "alarm clock", "hard drive"),
        ),
        ("plastic", "graphite", "mahogany"),
        ("USB-C", "Wi-Fi", "4K", "65W"),
    ),
    Family(
        "📚",
        500,
        8_000,
        (
            *(
                "notebook",
                "cookbook",
                "fountain pen",
                "photo album",
                "photo frame",
                "calendar",
                "atlas",
                "diary",
            ),
            *("bookmark", "bookshelf"),
        ),
        ("vellum", "cork", "brass"),
        ("A5", "A4", "240-page"),
    ),
    Family(
        "🌱",
        600,
        30_000,
        (
            *(
                "watering can",
                "flower pot",
                "bird feeder",
                "bird bath",
                "garden bench",
                "garden gnome",
                "trowel",
            ),
            *("jalapeño kit", "sundial", "wind chime"),
        ),
        ("terracotta", "zinc", "granite"),
        ("9_l", "15_cm", "no._7"),
    ),
    Family(
        "🕯️",
        900,
        45_000,
        (
            *("candle", "candle holder", "vase", "cushion", "mirror", "doormat", "tray", "macramé hanger"),
            *("étagère", "hourglass"),
        ),
        ("marble", "velvet", "wicker"),
        ("40x40", "220_g", "E27"),
    ),
    Family(
        "🎸",
        1_000,
        120_000,
        (
            *("guitar", "guitar strap", "ukulele", "violin", "violin bow", "drum", "harmonica", "trumpet"),
            *("cajón",),
        ),
        ("spruce", "maple", "rosewood"),
        ("4/4", "1/2", "12-string"),
    ),
    Family(
        "🍫",
        400,
        9_000,
        (
            *(
                "chocolate",
                "honey",
                "marzipan",
                "olive oil",
                "nougat",
                "gingerbread",
                "açaí bar",
                "hot sauce",
            ),
            *("strawberry jam",),
        ),
        ("vanilla", "hazelnut", "cinnamon"),
        ("250_g", "1_kg", "70%"),
    ),
)
COLOURS = (
    *("red", "blue", "green", "yellow", "black", "white", "purple", "orange", "turquoise", "grey", "pink"),
    "beige",
)
OCCASIONS = (
    *(
        "birthday",
        "wedding",
        "Christmas",
        "Easter",
        "graduation",
        "anniversary",
        "housewarming",
        "retirement",
    ),
    "Valentine",
)
BRANDS = ("Alderwick", "Sörvik", "Fjordlys", "Maison-Élodie", "Kestrelby", "Núñez", "Quillon", "Zephyrine")
TRAITS: Mapping[str, str] = {
    "dishwasher": "Survives the {trait} for years.",
    "hypoallergenic": "The surface is {trait} and kind to the skin.",
    "waterproof": "Rain does not matter, since it is {trait} throughout.",
    "heirloom": "Many families hand theirs on as an {trait}.",
    "recycled": "Half of the raw material is {trait}.",
    "solar": "Needs no mains, only {trait} power.",
    "vegan": "Entirely {trait} and certified.",
    "shatterproof": "Falls from the table and stays whole: {trait}.",
    "magnetic": "Holds by itself thanks to a {trait} base.",
    "biodegradable": "Parcel and filling are {trait}.",
    "rechargeable": "Powered by a {trait} cell.",
    "monogrammed": "On request {trait} with two letters.",
    "fireproof": "Tested as {trait} by an institute.",
    "odourless": "Treated with an {trait} finish.",
    "left-handed": "Also made for {trait} people.",
    "Provençal": "The pattern follows a {trait} tradition.",
}
"""Words that occur in no title, each with its sentence."""
ADJECTIVES = ("lovely", "fine", "sturdy", "charming", "graceful", "cheerful", "tasteful", "solid")
OPENINGS = (
    "A present that pleases at once.",
    "This {product} is among our most popular gifts.",
    "The workshop by the sea has made it since 1987.",
    "Everyone who has tried this {product} wants to keep it.",
    "Simple, honest, and made to last.",
    "",
)
CLOSINGS = (
    "Sent within two working days.",
    "Wrapped by hand, with a note of yours.",
    "Easy to look after.",
    "Returns are free for a month.",
    "",
)
NATURAL = (
    "{brand} {adjective} {colour} {material} {product} {size} for~{occasion} {emoji}",
    "{adjective} {product}, {colour}, {material}, {size} for~{occasion} {emoji}",
    "{colour} {product} of~{material} {size} for~{occasion} by~{brand} {emoji}",
    "{emoji} {occasion} {product} {size} {material} {colour} {brand}",
)
PLURAL = (
    "Four {colour} {material} {products} {size} for~{occasion} {emoji}",
    "{brand} {products} {colour} {material} {size} {emoji}",
)
INVERTED = "{head} ({modifier}) {colour} {material} {size} {emoji}"
SENTENCES: Mapping[str, str] = {
    "colour": "Comes in {colour}.",
    "material": "Made from {material} only.",
    "size": "Version: {size}.",
    "occasion": "Often chosen for the {occasion} table.",
    "brand": "Designed by {brand}.",
    "mention": "Goes well with the {mention} of the same series.",
}
