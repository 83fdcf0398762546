"""What a shop of this kind sells: names, price ranges and search words, as data."""

from typing import NamedTuple


class Category(NamedTuple):
    """One department of the shop; prices in whole dollars."""

    name: str
    cheapest: int
    dearest: int
    goods: tuple[str, ...]


CATEGORIES = (
    Category("electronics", 15, 900, ("Headphones", "Speaker", "Keyboard", "Monitor", "Charger", "Webcam", "Router")),
    Category("home-kitchen", 5, 250, ("Kettle", "Toaster", "Pan", "Knife Set", "Storage Jar", "Lamp", "Blanket")),
    Category("clothing", 8, 160, ("T-Shirt", "Jacket", "Jeans", "Sweater", "Socks", "Dress", "Cap")),
    Category("beauty", 4, 90, ("Shampoo", "Face Cream", "Perfume", "Lip Balm", "Soap", "Hair Dryer", "Brush")),
    Category("sports", 6, 400, ("Yoga Mat", "Dumbbell", "Running Shoes", "Bottle", "Backpack", "Tent", "Racket")),
    Category("books", 3, 60, ("Novel", "Cookbook", "Atlas", "Notebook", "Biography", "Comic", "Planner")),
    Category("toys", 4, 120, ("Puzzle", "Board Game", "Building Set", "Doll", "Kite", "Train Set", "Card Game")),
    Category("garden", 5, 300, ("Planter", "Hose", "Seeds", "Lantern", "Bench", "Rake", "Bird Feeder")),
)
ADJECTIVES = ("Classic", "Compact", "Deluxe", "Everyday", "Folding", "Light", "Premium", "Soft", "Sturdy", "Wireless")
COLOURS = ("Black", "Blue", "Copper", "Cream", "Green", "Grey", "Red", "White")
SEARCH_TERMS = tuple(good.lower() for category in CATEGORIES for good in category.goods)
