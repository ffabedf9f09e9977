"""The words that every scenario shares: who, where, when, in what weather."""

WOMEN = """Mara Ana Petra Ilse Nadia Rosa Lena Vera Tilda Hana Edith Clara Judit Olga Ingrid Beatrix Sonia Wanda
Marta Agnes Flora Greta Helga Iris Joan Karla Lotte Miriam Nora Paula Rita Selma Thea Ursula Yvonne Zora Alma Berta
Cora Dora Elsa Freya Gina Heidi Irma Jana Kira Linda Mona Nina""".split()

MEN = """Ivo Tom Bela Karl Emil Otto Pavel Simon Hugo Anton Boris Felix Georg Henrik Igor Jakob Kaspar Lorenz Milan
Niko Oskar Peter Ralf Stefan Theo Ulrich Viktor Walter Yuri Zoltan Adam Bruno Carlo David Erik Frank Gustav Hans Ivan
Josef Konrad Leo Martin Noel Oliver Piotr Quentin Robert Samuel Tobias""".split()

PEOPLE = WOMEN + MEN

TOWNS = """Aldor Brenwick Corlen Dunmere Elmstead Farrow Gildern Hollin Iverna Jarrow Kelmouth Lindal Marwen Norgate
Orsk Penhallow Quarne Ravensby Selmor Tarn Ulverby Varn Westerly Yarrow Zelden Ashford Birkhill Calder Draymoor
Eastwold Foxley Greyport Harrowby Inglen Kestrel Longmere Millbrook Nettleham Oakfield Pinewold""".split()

WEATHER = """cold windy bright grey rainy foggy warm quiet stormy dry snowy cloudy clear damp frosty golden hot humid
icy mild pale sunny sultry misty breezy bleak hazy crisp dull drizzly""".split()

DAYTIMES = """morning evening noon dawn night afternoon dusk sunrise sunset twilight midnight Monday Tuesday Wednesday
Thursday Friday Saturday Sunday""".split()

SEASONS = """spring summer autumn winter January February March April May June July August September October November
December""".split()

PAST_TIMES = [
    "last winter", "last spring", "in the flood year", "two years ago", "during the long strike", "when the well ran dry",
    "in the year of the fever", "after the great storm", "last harvest", "on the old farm", "in their school days",
    "during the siege", "when the mill burned", "last week", "the month before", "in the hungry season", "back in the camp",
    "on the first voyage", "the day before", "at the autumn fair",
]

OPENINGS = [
    "It was a {weather} {daytime} in {town}",
    "In {town} it was a {weather} {daytime}",
    "One {weather} {daytime} in {season}, {town} <was still asleep|had not yet awoken>",
    "The {daytime} in {town} <began|commenced> {weather} and [slow|calm|busy|loud|strange]",
    "{town} lay [under a {weather} sky|beside a {weather} river|below a {weather} hill] that {daytime}",
]

LEADS = [
    "then", "so", "at last", "in the end", "after a moment", "without a word", "at that point", "a moment later",
    "<now|presently>", "<right away|immediately>", "<soon|shortly>", "<all the same|nevertheless>",
]

#: Names of the agents in transcripts.
MODELS = "Orin Vela Tern Lumo Pax Juno Nox Rho Sable Atlas Echo Fenn Gale Helix Kite Mica".split()
