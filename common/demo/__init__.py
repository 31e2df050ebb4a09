"""The demo, ``run_all.py --demo``: a local page to draw, type or speak, and to see each detector's confidence at once.

``exhibit`` is what a modality supplies, ``judged`` answers for one input, ``server`` is the page and its requests.
"""
