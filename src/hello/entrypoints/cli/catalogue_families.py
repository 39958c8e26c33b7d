"""Families of generated gifts: what they are, what they are made of, and what they cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Prices are in cents; `features` are sentences about any product of the family."""

    name: str
    emoji: str
    cheapest: int
    dearest: int
    products: tuple[str, ...]
    materials: tuple[str, ...]
    sizes: tuple[str, ...]
    features: tuple[str, ...]


EVERYDAY = (
    Family(
        name="kitchen",
        emoji="🍳",
        cheapest=900,
        dearest=14_000,
        products=(
            *("chopping board", "salad bowl", "pepper mill", "bread knife", "cheese board", "fondue set"),
            *("crème brûlée set", "cast iron pan", "mixing bowl", "spice rack", "rolling pin", "cake stand"),
            *("garlic press", "sushi kit", "pasta maker", "pizza stone", "egg timer", "apron"),
        ),
        materials=("oak", "beech", "bamboo", "steel", "stoneware", "cast iron", "marble", "acacia"),
        sizes=("20 cm", "28 cm", "1.5 l", "set of 2", "set of 6", "large"),
        features=(
            "It goes into the dishwasher and keeps its shine.",
            "The {material} surface is easy to clean with warm water.",
            "Works on gas, electric and induction hobs.",
            "A booklet with twelve recipes is included.",
            "The handle stays cool while you cook.",
        ),
    ),
    Family(
        name="tea and coffee",
        emoji="☕",
        cheapest=700,
        dearest=22_000,
        products=(
            *("teapot", "tea strainer", "espresso cups", "coffee grinder", "French press", "travel mug"),
            *("matcha bowl", "milk jug", "coffee mug", "tea caddy", "café au lait bowl", "pour-over dripper"),
        ),
        materials=("porcelain", "glass", "cast iron", "steel", "earthenware", "copper"),
        sizes=("250 ml", "350 ml", "500 ml", "1 l", "set of 4", "set of 6"),
        features=(
            "Keeps drinks hot for two hours.",
            "The spout pours without a single drop going astray.",
            "The {material} neither takes on nor gives off any taste.",
            "Fits under most machines.",
            "Comes with 50 g of loose-leaf tea.",
        ),
    ),
    Family(
        name="clothing",
        emoji="🧣",
        cheapest=1_500,
        dearest=25_000,
        products=(
            *("scarf", "T-shirt", "hoodie", "woolly hat", "pair of gloves", "cardigan", "bathrobe", "socks"),
            *("rain jacket", "bow tie", "belt", "slippers", "beret", "poncho", "sleep mask"),
        ),
        materials=("merino", "cashmere", "cotton", "linen", "silk", "alpaca", "fleece"),
        sizes=("S", "M", "L", "XL", "one size", "EU 38", "EU 42"),
        features=(
            "Machine wash at 30 °C.",
            "The {material} comes from certified farms.",
            "Soft on the skin and warm in any weather.",
            "Cut wide; choose one size smaller for a close fit.",
            "Folds into its own pocket for travel.",
        ),
    ),
    Family(
        name="jewellery",
        emoji="💍",
        cheapest=2_500,
        dearest=180_000,
        products=(
            *("necklace", "pair of earrings", "bracelet", "signet ring", "brooch", "cufflinks", "pendant"),
            *("anklet", "tie pin", "charm", "wristwatch", "jewellery box"),
        ),
        materials=("silver", "gold", "rose gold", "pearl", "amber", "jade", "titanium"),
        sizes=("42 cm", "45 cm", "adjustable", "size 54", "size 58", "8 mm"),
        features=(
            "Nickel-free and kind to sensitive skin.",
            "Engraving of up to twenty letters is possible.",
            "The {material} is hallmarked.",
            "Delivered in a small box with a ribbon.",
            "Every piece is slightly different.",
        ),
    ),
    Family(
        name="electronics",
        emoji="🎧",
        cheapest=1_500,
        dearest=90_000,
        products=(
            *(
                "USB-C charger",
                "pair of headphones",
                "Bluetooth speaker",
                "desk lamp",
                "power bank",
                "e-reader",
            ),
            *(
                "alarm clock",
                "digital photo frame",
                "wireless mouse",
                "keyboard",
                "instant camera",
                "projector",
            ),
            *("weather station", "night light", "turntable"),
        ),
        materials=("aluminium", "recycled plastic", "walnut", "glass", "bamboo"),
        sizes=("5 W", "20 W", "65 W", "10,000 mAh", "7-inch", "16 GB"),
        features=(
            "Charges over USB-C; the cable is included.",
            "Pairs with two devices at once.",
            "The battery lasts for a whole weekend.",
            "Spare parts are available for ten years.",
            "No account and no app is needed.",
        ),
    ),
    Family(
        name="home",
        emoji="🕯️",
        cheapest=900,
        dearest=45_000,
        products=(
            *(
                "scented candle",
                "vase",
                "cushion",
                "throw blanket",
                "picture frame",
                "wall clock",
                "bookends",
            ),
            *("hot-water bottle", "doormat", "coat rack", "tray", "table runner", "bed linen", "letter rack"),
            *("snow globe", "door wreath"),
        ),
        materials=("soy wax", "wool", "glass", "oak", "velvet", "stoneware", "brass", "jute"),
        sizes=("40 x 40 cm", "130 x 180 cm", "220 g", "DIN A4", "tall", "set of 2"),
        features=(
            "Burns for forty hours with a steady flame.",
            "The cover comes off and can be washed.",
            "Looks at home in old rooms and in new ones.",
            "The {material} is sourced in Europe.",
            "Screws and plugs are included.",
        ),
    ),
    Family(
        name="food",
        emoji="🍫",
        cheapest=400,
        dearest=9_000,
        products=(
            *(
                "box of chocolates",
                "hot sauce set",
                "honey trio",
                "olive oil",
                "gingerbread house",
                "spice box",
            ),
            *("nougat", "jam selection", "açaí granola", "truffle salt", "dried fruit basket", "panettone"),
            *("tea sampler", "coffee beans"),
        ),
        materials=("dark chocolate", "wildflower", "hazelnut", "sea salt", "vanilla", "citrus"),
        sizes=("250 g", "500 g", "1 kg", "3 x 100 ml", "12 pieces", "family pack"),
        features=(
            "Vegan, and without palm oil.",
            "Best before nine months from delivery.",
            "Roasted and packed by hand.",
            "May contain traces of nuts and milk.",
            "The note of {material} lingers pleasantly.",
        ),
    ),
    Family(
        name="beauty and care",
        emoji="🧼",
        cheapest=500,
        dearest=15_000,
        products=(
            *("bar of soap", "bath bombs", "hand cream", "shaving set", "hairbrush", "perfume", "face mask"),
            *("body scrub", "manicure set", "lip balm", "sponge", "wash bag"),
        ),
        materials=("lavender", "rosemary", "sandalwood", "rose", "goat's milk", "sea buckthorn"),
        sizes=("50 ml", "100 ml", "75 g", "travel size", "set of 3", "refill"),
        features=(
            "Free of microplastics and silicones.",
            "Not tested on animals.",
            "Smells of {material}, never too strongly.",
            "The bottle can be refilled.",
            "Suits sensitive skin.",
        ),
    ),
)
