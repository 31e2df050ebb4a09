"""Glyphs drawn with matplotlib's fonts: stand-ins for notMNIST (letters A-J) and Omniglot (other scripts), outliers.

notMNIST consists of the letters A-J in many fonts, each filling its 28x28 frame. Matplotlib has 22 text fonts, so each
glyph is also drawn at several widths and slants. Both sets are deterministic.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.data.locations import Location, Packaged
from common.data.samples import RawDataset
from common.data.sources import Source
from vision.data.images import Images

_SANS = (
    ("DejaVuSans", 756072, "3fdf69cabf06049ea70a00b5919340e2ce1e6d02b0cc3c4b44fb6801bd1e0d22"),
    ("DejaVuSans-Bold", 704128, "b184b89e3c1075f22f6b71575b6fc20d4972b3cfd3b23322ca6fd596dcaef167"),
    ("DejaVuSans-Oblique", 633840, "ccdf74b350f11fd3dd5774de50e5e6346a1a5da1f5b7d5fb83590665e97a5213"),
    ("DejaVuSans-BoldOblique", 641720, "6edf0283160186af451cbee71e7b845f2e4cabf264bb992ce668c83c25465e6f"),
)
_OTHERS = (
    ("DejaVuSansMono", 340240, "602ec86b8948cfcd956482fe64f94c36c867770149ef2f791d4613f443bcecb3"),
    ("DejaVuSansMono-Bold", 331536, "baada9a5172fe20886251aff0433fc38461912d5daf07287e7bee56620a8da96"),
    ("DejaVuSansMono-Oblique", 251472, "28052813f7a709fc89f52d192dc995ef4f0fdc5c3d7b73a49d6849b1916d0cd0"),
    ("DejaVuSansMono-BoldOblique", 253116, "a69081c15c76c827e0a27a5a7f5c74b6135c843499955495ffa8c20d3a98288b"),
    ("DejaVuSerif", 379740, "107244956e9962b9e96faccdc551825e0ae0898ae13737133e1b921a2fd35ffa"),
    ("DejaVuSerif-Bold", 355692, "c3753f2ed6bc673f15846dc45addbeb3b9c872f32fb18fd53a21f1bef1ed7676"),
    ("DejaVuSerif-Italic", 345612, "3e7994fbc54fa10ce3352a42d548fadd7d9cadb69cb1109bc9d960f6dac57f04"),
    ("DejaVuSerif-BoldItalic", 347064, "d93efec7a9d2e826768d1a2ee95b95870e15e29599a84f3484af1de1cec2e181"),
    ("STIXGeneral", 448228, "167378031e2dddc6216d67819c9260e9a06ffc4c478e4e23cb98a6fd44b183c2"),
    ("STIXGeneralBol", 237360, "e8533dc7083fa346bda1933d60ea4a83b67d0945bceaf1b3541f82b4a0e2c6a0"),
    ("STIXGeneralItalic", 175040, "6cfcb333d22b7c3c623bdfd40174f14c85c3d6731ca6166c1edc80140eae8527"),
    ("STIXGeneralBolIta", 181152, "98788fd4ba48dfbb2bd026c0e20a247a8b06c7372879628b7a6bb0d5bb09736c"),
    ("cmr10", 26348, "4dd9761b058c009db9b2145f55ee6617d093c273dd3d6c5b3e43ff6110fa9bf6"),
    ("cmb10", 25680, "074497b50c43ea57597181591f9893d38fc12a87e95104f5657fc2481f61a23a"),
    ("cmss10", 20376, "7df91a83d05b2e471ec638cb0b435a360a3c792b09fc42a7da67e91f2e79115a"),
    ("cmti10", 32808, "f9f1f9f654308ae82f7be4441ae89b080896b34cc220bbea173c5e9adcfe3ef7"),
    ("cmtt10", 28136, "6211f09ae93599991afda970c24669dad1a77e253d915624fbf212f702f071d7"),
    ("cmmi10", 32560, "3092965b8811fd6a6765799664845181fc1dd1330b937f915808c485d316234d"),
)


def _packaged(files: Sequence[tuple[str, int, str]]) -> tuple[Packaged, ...]:
    folder = "matplotlib/mpl-data/fonts/ttf"
    return tuple(Packaged("matplotlib", f"{folder}/{name}.ttf", size, digest) for name, size, digest in files)


LETTERS = "ABCDEFGHIJ"

SCRIPTS = {
    "Greek": "ΓΔΛΞΠΣΦΨΩαγηκλμνξπτυφχψω",
    "Cyrillic": "ДЖИЙЛФЦШЩЫЮЯжйлфцшщыюя",
    "Armenian": "ԱԲԴԵԸԹԺԽՃՄՊՌՎՓՔՖաթժխմպտփֆ",
    "Hebrew": "אבהחטמעצשת",
    "Georgian": "თლტფქღშჭდ",
    "Lao": "ກຂຄຊຕຖທນບປຜຝພຟມຫ",
    "Syllabics, triangles": "ᐁᐂᐃᐄᐅᐆᐇᐉᐊᐋᐌᐍᐎᐏᐐᐑ",
    "Syllabics, wedges": "ᐯᐰᐱᐲᐳᐴᐵᐷᐸᐹᐺᐻᐼᐽᐾᐿ",
    "Syllabics, arcs": "ᑌᑍᑎᑏᑐᑑᑒᑔᑕᑖᑗᑘᑙᑚ",
}
"""Letters by script, all of them in the four DejaVu Sans fonts.

Excluded are letters that look like digits (Greek omicron, iota, beta, delta, theta, sigma; Cyrillic O, Ze, E, Be, Che,
the soft sign; Armenian Oh, Cha, Za, Sha, Yi; Hebrew samekh, vav, zayin and the like; Georgian vin, on, man, tsil; the
round syllabics) and most letters that look like Latin capitals.
"""

SYMBOLS = (
    # Arrows.
    "←→↔↕↖↗↘↙↚↛↜↝↞↠↡↢↣↤↦↧↨↩↪↫↬↭↮↯↰↱↲↳↴↵↶↷↸↹↺↻↼↽↾⇀⇁⇂⇄⇅⇆⇇⇈⇉⇊⇋⇌"
    "⇍⇎⇏⇐⇑⇒⇓⇔⇕⇖⇗⇘⇙⇚⇛⇜⇝⇞⇠⇡⇢⇤⇥⇦⇧⇨⇩⇪⇱⇲⇳⇵⇶⟲⟳⟴⟷"
    # Operators.
    "∃∄∈∉∋∌∏∐∓∔∖∗√∛∜∝∞∠∡∢∧∨∬∭∯∰∱∲∳∴∵∷∺∻∾≁≃≄≅≆≇≈≉≊≋≌≍≎≏"
    "≐≑≒≓≔≕≖≗≘≙≚≛≜≝≞≟≠≡≢≣≤≥≦≧≨≩≪≫≬≭≮≯≰≱≲≳≶≷≺≻≼≽⊀⊁⊂⊃⊄⊅⊆⊇⊊⊋"
    "⊌⊍⊎⊏⊐⊑⊒⊓⊔⊕⊗⊛⊝⊞⊟⊠⊡⊢⊣⊤⊥⊦⊧⊨⊩⊪⊬⊭⊰⊱⊲⊴⊵⊶⊷⊹⊻⊼⊽⋄⋇⋈⋉⋊⋋⋌⋎⋏⋐⋑⋒⋓⋔"
    "⋕⋚⋛⋞⋟⋠⋡⋲⋳⋵⋶⋷⋸⋹⋻⋿"
    # Technical signs, shapes, signs of the sky, of games and of music, ornaments.
    "⌁⌂⌃⌅⌆⌇⌈⌌⌍⌎⌏⌑⌘⌙⌜⌝⌞⌟⌤⌥⌦⌨⌫⌬⍳⍽⎇⎔⎝⎞⎡⎣⎧⎨⎩⏎⏏⏣⏥"
    "▢▣▤▥▦▧▨△▴▵▶▷▹▻▽▾▿◀◁◂◃◄◅◆◇◈◊◢◣◤◥◧◨◩◪◫◬◭◮◰◱◲◳◸◹◺"
    "☀☁☂☃☄★☆☇☈☊☋☌☎☏☐☑☒☓☔☕☖☘☙☚☛☜☝☞☟☠☡☢☣☤☥☦☧☨☩☪☫☬☭☮☯☹☺☻☼☽☾☿♀♁♂"
    "♃♄♅♆♇♈♉♊♋♌♍♎♏♐♑♒♓♔♕♖♗♘♙♚♛♜♝♞♟♠♡♢♣♤♥♦♧♨♩♪♫♬♭♮♯♰♱♻"
    "⚐⚑⚒⚓⚔⚕⚖⚗⚘⚙⚚⚛⚜⚠⚡⚢⚣⚤⚥⚦⚧⚨⚩⚭⚮⚯⚲⚳⚴⚵⚶⚷⚸✁✂✃✄✆✇✈✉✌✍✎✏✐✑✒✓✔✕✖✗✘✙"
    "✚✛✜✝✞✟✠✡✢✣✤✥✦✧✩✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋❖❡❢❣❤❥"
    "❦❧"
    "➔➘➙➚➛➜➝➞➟➠➢➣➤➥➦➧➨➩➪➫➬➭➮➯➱➲➳➴➵➶➷➸➹➺➻➼➽➾"
)
"""Signs that are no letters, all of them in the DejaVu Sans fonts: auxiliary outliers for digits.

None is a letter of ``LETTERS`` or ``SCRIPTS``, which stand in for OOD sets. Excluded are signs that look like digits
(circles, strokes, barred circles, dice), signs drawn almost as one of those letters is (pixels correlated by 0.93 or
more), and those that fill their frame.
"""

_DRAWN = 64  # font size in pixels before scaling: large enough that no stroke is lost


def letters(*paths: Path) -> RawDataset:
    """Draw A-J in every font at three widths and three slants, filling the frame as in notMNIST."""
    return RawDataset(np.stack(list(_glyphs(paths, LETTERS, (0.75, 1.0, 1.35), (-0.25, 0.0, 0.25), box=28))))


def scripts(*paths: Path) -> RawDataset:
    """Draw the letters of ``SCRIPTS`` in every font at three slants, 20 pixels high or wide as MNIST's digits are."""
    return RawDataset(np.stack(list(_glyphs(paths, "".join(SCRIPTS.values()), (1.0,), (-0.2, 0.0, 0.2), box=20))))


def symbols(*paths: Path) -> RawDataset:
    """Draw ``SYMBOLS`` in every font, upright and slanted one way or the other, in the size of MNIST's digits."""
    return RawDataset(np.stack(list(_glyphs(paths, SYMBOLS, (1.0,), (-0.2, 0.0, 0.2), box=20))))


def _glyphs(
    paths: Sequence[Path], characters: str, widths: Sequence[float], slants: Sequence[float], box: int
) -> Iterator[Images]:
    for path in paths:
        font = ImageFont.truetype(path, _DRAWN, layout_engine=ImageFont.Layout.BASIC)
        for character in characters:
            ink = _ink(character, font)
            for width, slant in product(widths, slants):
                yield _fitted(ink, width, slant, box)


def _ink(character: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """Draw a character white on black and cut away the empty margin."""
    canvas = Image.new("L", (4 * _DRAWN, 3 * _DRAWN))
    ImageDraw.Draw(canvas).text((_DRAWN, _DRAWN), character, fill=255, font=font)
    bounds = canvas.getbbox()
    if bounds is None:
        raise ValueError(f"the font draws nothing for {character!r}")
    return canvas.crop(bounds)


def _fitted(ink: Image.Image, width: float, slant: float, box: int) -> Images:
    """Slant and stretch a glyph, scale its longer side to ``box`` pixels and centre it in 28x28."""
    height = ink.height
    # The row y of the result is the source's, moved to the right by slant * (height - y), or by -slant * y.
    moved = (1, slant, -max(slant, 0.0) * height, 0, 1, 0)
    widened = (ink.width + round(abs(slant) * height), height)
    slanted = ink.transform(widened, Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR)
    slanted = slanted.crop(slanted.getbbox())  # an upright glyph grows wider, an oblique one may grow narrower
    height = slanted.height
    scale = box / max(slanted.width * width, height)
    size = max(round(slanted.width * width * scale), 1), max(round(height * scale), 1)
    frame = Image.new("L", (28, 28))
    frame.paste(slanted.resize(size, Image.Resampling.BILINEAR), ((28 - size[0]) // 2, (28 - size[1]) // 2))
    return np.asarray(frame)


FONT_LETTERS = Source(
    "Letters A-J (fonts, for notMNIST)",
    (Location(_packaged(_SANS + _OTHERS), letters, kind="sample"),),
    about="drawn with the fonts in matplotlib (Bitstream Vera, STIX and Computer Modern licences)",
)
OTHER_SCRIPTS = Source(
    "Other scripts (fonts, for Omniglot)",
    (Location(_packaged(_SANS), scripts, kind="sample"),),
    about="drawn with the DejaVu Sans fonts in matplotlib (Bitstream Vera licence)",
)
FONT_SYMBOLS = Source(
    "Symbols (fonts)",
    (Location(_packaged(_SANS[:2]), symbols, kind="sample"),),
    about="arrows, operators and other signs drawn with two DejaVu Sans fonts in matplotlib (Bitstream Vera licence)",
)
"""Auxiliary outliers."""
