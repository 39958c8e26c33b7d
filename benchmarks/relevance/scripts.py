"""The frozen words of judged items in other scripts; words agree in gender because all nouns do."""
# ruff: noqa: RUF001  # letters of other scripts are meant

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A product is one or more words, with a space between them here, with `joint` in the text."""

    joint: str
    title: str
    opening: str
    mention: str
    trait: str
    products: tuple[str, ...]
    colours: tuple[str, ...]
    materials: tuple[str, ...]
    traits: tuple[str, ...]


SCRIPTS = (
    Script(
        "",
        "{colour} {material} {product}",
        "送给朋友的礼物，质量很好。",
        "{mention} 也有售。",
        "{trait}。",
        ("自行车", "自行车 模型", "茶杯", "茶壶", "风筝", "音乐盒", "灯笼", "围巾", "拼图", "书签"),
        ("红色", "蓝色", "绿色"),
        ("木制", "陶瓷", "丝绸"),
        ("可以机洗", "限量发行", "环保包装"),
    ),
    Script(
        "",
        "{colour} {material}~の {product}",
        "贈り物にぴったりです。",
        "{mention} と一緒にどうぞ。",
        "{trait}。",
        (
            "抹茶 茶碗",
            "湯のみ",
            "風鈴",
            "手ぬぐい",
            "急須",
            "扇子",
            "弁当箱",
            "ティーポット",
            "自転車",
            "カメラ",
        ),
        ("赤い", "青い", "黒い"),
        ("陶器", "和紙", "漆塗り"),
        ("電子レンジ対応", "職人仕上げ", "名入れ可能"),
    ),
    Script(
        " ",
        "{colour} {material} {product}",
        "선물로 좋습니다.",
        "{mention} 옆에 두세요.",
        "{trait}.",
        ("찻잔", "자전거", "자전거 모형", "부채", "목도리", "램프", "보석함", "주전자"),
        ("빨간", "파란", "하얀"),
        ("도자기", "나무", "비단"),
        ("한정판", "친환경", "무료배송"),
    ),
    Script(
        " ",
        "{colour} {material} {product}",
        "Хороший подарок.",
        "Рядом смотрится {mention} той же серии.",
        "{trait}.",
        ("велосипед", "чайник", "фонарик", "шарф", "рюкзак", "блокнот", "конструктор", "кувшин"),
        ("красный", "синий", "зелёный"),
        ("деревянный", "стальной", "фарфоровый"),
        ("водонепроницаемый", "складной", "именной"),
    ),
    Script(
        " ",
        "{product} {colour} {material}",
        "هدية جميلة.",
        "معه {mention} من نفس المجموعة.",
        "{trait}.",
        ("كوب", "فانوس", "دفتر", "إبريق", "صندوق", "مصباح", "وشاح", "طبق"),
        ("أحمر", "أزرق", "أخضر"),
        ("خشبي", "زجاجي", "نحاسي"),
        ("محدود", "يدوي", "عتيق"),
    ),
    Script(
        " ",
        "{product} {colour} {material}",
        "מתנה יפה.",
        "לידו {mention} מאותה סדרה.",
        "{trait}.",
        ("ספל", "עפיפון", "פמוט", "צעיף", "פנס", "מגש", "קומקום", "יומן"),
        ("אדום", "כחול", "ירוק"),
        ("מעץ", "מזכוכית", "מקרמיקה"),
        ("מתקפל", "ממוחזר", "ייחודי"),
    ),
)
