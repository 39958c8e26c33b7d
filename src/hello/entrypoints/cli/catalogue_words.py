"""The words that all families of generated gifts share, and gifts in other scripts."""
# ruff: noqa: RUF001  # letters of other scripts are meant

from dataclasses import dataclass

ADJECTIVES = (
    *("handmade", "classic", "vintage", "modern", "elegant", "colourful", "lightweight", "sturdy", "tiny"),
    *("giant", "minimalist", "rustic", "playful", "cosy", "luxurious", "hand-painted", "personalised"),
    *("limited-edition", "fair-trade", "foldable", "hand-carved", "retro", "Nordic", "Japanese-style"),
    *("striped", "dotted", "patterned", "matt", "glossy", "antique", "premium", "everyday", "portable"),
)
COLOURS = (
    *("red", "blue", "green", "yellow", "black", "white", "grey", "pink", "purple", "orange", "turquoise"),
    *("navy", "olive", "mustard", "terracotta", "mint", "lilac", "cream", "burgundy", "sky-blue", "teal"),
    *("charcoal", "coral", "ivory", "emerald"),
)
BRANDS = (
    *("Alderwick", "Bramble & Finch", "Casa Núñez", "Dunmore", "Elbhafen", "Fjordlys", "Grünwald", "Hollen"),
    *("Isla Verde", "Juniper Lane", "Kestrel", "Łukaszyn", "Maison Élodie", "Noor & Co", "Oakhollow"),
    *("Pinewright", "Quillfeather", "Rosenholm", "Sörvik", "Tidewater", "Umbra & Sol", "Valmora"),
    *("Willowmere", "Xandria", "Yarrow", "Zephyrine", "Åkerblom", "Brightwater", "Cinderhill", "Dovecote"),
    *("Emberly", "Foxglove", "Greyling", "Hearthside", "Inkwell", "Jasper Row", "Kitsune", "Larkspur"),
    *("Mossgrove", "Northwind", "Orchard & Vine", "Petrichor", "Quartzite", "Ravensbourne", "Saltmarsh"),
    *("Thistledown", "Underleaf", "Verdigris", "Wrenfield", "Yewtree"),
)
OCCASIONS = (
    *("birthdays", "a wedding", "Christmas", "Mother's Day", "Father's Day", "Valentine's Day", "Easter"),
    *("a housewarming", "graduation", "retirement", "an anniversary", "Hanukkah", "Diwali", "Eid"),
    *("a baby shower", "a farewell", "the first day at school", "New Year's Eve", "a 50th birthday"),
)
PEOPLE = (
    *("children", "grandparents", "colleagues", "teachers", "newlyweds", "students", "gardeners"),
    *("cooks", "travellers", "book lovers", "musicians", "night owls", "early risers", "new parents"),
)

TITLES = (
    "{adjective} {product}",
    "{adjective} {colour} {product}",
    "{colour} {material} {product}",
    "{brand} {product}, {colour}",
    "{brand} {adjective} {product}",
    "{brand} {material} {product} ({size})",
    "{product} made of {material}, {size}",
    "{product} for {occasion}",
    "{adjective} {product} for {people}",
    "{brand} {product} “{colour}”, {size}",
    "{adjective} {material} {product} - {brand}",
    "{product} by {brand}: {adjective}, {colour}, {size}",
)
OPENINGS = (
    "{adjective} and {colour}: the {product} for {occasion}.",
    "{brand} knows all about {material}, and it shows: {adjective}, practical and made to last.",
    "Looking for something for {people}? Our {adjective} {product} in {colour} is always welcome.",
    "The {product} by {brand} brings {material} and {adjective} looks together.",
    "Whether for {occasion} or just because: with the {product} by {brand} you are never wrong.",
    "Designed for {people}, loved by everyone.",
)
FACTS = (
    "Size: {size}.",
    "Also available in {colour}.",
    "Materials: {material}; colour: {colour}.",
    "It arrives gift-wrapped, with a card for your own words.",
    "Ships within two working days.",
    "If it does not please, return it within 30 days.",
    "Each one passes through the hands of three people before it reaches yours.",
    "{brand} plants a tree for every order.",
    "A favourite of {people}.",
    "Goes well with everything else by {brand}.",
    "The {colour} version sold out twice last year.",
    "A present for {occasion} that is still in use ten years later.",
)


@dataclass(frozen=True, slots=True)
class Tongue:
    """Gifts in another language; words agree because each fits each."""

    title: str
    description: str
    products: tuple[str, ...]
    qualities: tuple[str, ...]
    materials: tuple[str, ...]


TONGUES = (
    Tongue(
        "{quality}{material}{product}",
        "这款{product}以{material}制成，适合作为生日礼物。颜色：{quality}。",
        ("自行车模型", "茶杯", "风筝", "音乐盒", "书签", "灯笼", "围巾", "砚台", "茶壶", "拼图"),
        ("红色", "蓝色", "绿色", "白色", "金色", "手工", "复古", "迷你"),
        ("木制", "陶瓷", "丝绸", "竹制", "玻璃", "黄铜"),
    ),
    Tongue(
        "{quality}{material}の{product}",
        "{material}でできた{product}です。誕生日の贈り物にどうぞ。包装は無料です。",
        (
            "抹茶茶碗",
            "湯のみ",
            "風鈴",
            "箸セット",
            "手ぬぐい",
            "こけし",
            "急須",
            "扇子",
            "弁当箱",
            "ティーポット",
        ),
        ("赤い", "青い", "白い", "黒い", "小さな", "手作りの", "伝統的な", "かわいい"),
        ("陶器", "竹", "木", "和紙", "ガラス", "漆"),
    ),
    Tongue(
        "{quality} {material} {product}",
        "{material} 소재의 {product}입니다. 생일 선물로 좋습니다.",
        ("찻잔", "자전거 모형", "부채", "보석함", "목도리", "연", "수저 세트", "램프"),
        ("빨간", "파란", "하얀", "작은", "수제", "전통"),
        ("도자기", "나무", "유리", "비단", "한지"),
    ),
    Tongue(
        "{quality} {product} из {material}",
        "Этот {product} сделан вручную. Материал: из {material}. Отличный подарок на день рождения.",
        ("чайник", "велосипед", "фонарик", "блокнот", "подсвечник", "кувшин", "конструктор", "поднос"),
        ("Красный", "Синий", "Зелёный", "Белый", "Маленький", "Расписной", "Старинный"),
        ("дерева", "фарфора", "стали", "стекла", "глины", "меди"),
    ),
    Tongue(
        "{product} {quality} من {material}",
        "{product} مصنوع يدويا من {material}. هدية رائعة لعيد الميلاد.",
        ("كوب شاي", "فانوس", "دفتر", "صندوق مجوهرات", "إبريق", "طبق", "مصباح", "وشاح"),
        ("أحمر", "أزرق", "أخضر", "أبيض", "صغير", "تقليدي"),
        ("الخزف", "الخشب", "الزجاج", "النحاس", "الحرير"),
    ),
    Tongue(
        "{product} {quality} מ{material}",
        "{product} בעבודת יד, עשוי מ{material}. מתנה נהדרת ליום הולדת.",
        ("ספל", "עפיפון", "פמוט", "צעיף", "פנס", "מגש", "קומקום", "יומן"),
        ("אדום", "כחול", "ירוק", "לבן", "קטן", "מסורתי"),
        ("עץ", "זכוכית", "קרמיקה", "נחושת", "משי"),
    ),
)
