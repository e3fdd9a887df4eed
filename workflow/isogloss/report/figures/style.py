"""How figures look: the same on every machine."""

import matplotlib

matplotlib.use("svg")
# Text as outlines: a figure looks the same where the font is not installed. A fixed salt: ids do not change.
matplotlib.rcParams.update(
    {
        "svg.fonttype": "path",
        "svg.hashsalt": "isogloss",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
    }
)

# Okabe and Ito's palette, told apart by people of any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
