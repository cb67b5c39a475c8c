"""The images that the models of this folder are trained and tested on, and their labels. Nothing is downloaded.

    digits()    1797 handwritten digits, from the scikit-learn package, enlarged from 8x8 to 28x28
    shapes()    32x32 colour images of ten geometric shapes, drawn
    surfaces()  56x56 grey images of a rough surface, with or without a crack, drawn

Needs numpy (1.18 or later), and scikit-learn for digits(). To look at a few: python drawing.py
prints one image of each kind. Everything is drawn from numpy's RandomState, whose stream is the
same in all versions of numpy, so that a seed names the same images everywhere.
"""

import json
import pathlib

import numpy as np

SHAPES = ["disc", "ring", "square", "triangle", "cross", "star", "crescent", "stripes", "heart", "hourglass"]
SURFACES = ["sound", "cracked"]


def enlarge(image, size):
    """Bilinear interpolation of a square image, pixel centres aligned, edges repeated."""
    old = image.shape[0]
    position = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    low = np.minimum(position.astype(int), old - 2)
    weight = np.zeros((size, old))
    weight[np.arange(size), low] = 1 - (position - low)
    weight[np.arange(size), low + 1] = position - low
    return weight @ image @ weight.T


def digits(seed=0, held_out=450):
    """((images, labels), (images, labels)) for training and held out; images are uint8 [n, 28, 28, 1]."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = np.stack([enlarge(image / 16.0, 28) for image in data.images])
    images = np.rint(images * 255).astype(np.uint8)[..., np.newaxis]
    order = np.random.RandomState(seed).permutation(len(images))
    test, train = order[:held_out], order[held_out:]
    return (images[train], data.target[train]), (images[test], data.target[test])


def inside(shape, u, v):
    """Which points of the plane belong to the shape; every shape fits into the unit circle."""
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    if shape == "disc":
        return radius < 0.9
    if shape == "ring":
        return (radius < 0.95) & (radius > 0.55)
    if shape == "square":
        return np.maximum(abs(u), abs(v)) < 0.7
    if shape == "triangle":
        return np.maximum(v, -0.5 * v + 0.866 * abs(u)) < 0.5
    if shape == "cross":
        return (np.minimum(abs(u), abs(v)) < 0.25) & (np.maximum(abs(u), abs(v)) < 0.9)
    if shape == "star":
        # The distance from the nearest tip's direction, as a fraction of half the angle between two tips.
        off_tip = abs((angle * 5 / (2 * np.pi)) % 1 - 0.5) * 2
        return radius < 0.4 + 0.6 * (1 - off_tip) ** 1.5
    if shape == "crescent":
        return (radius < 0.9) & (np.hypot(u - 0.45, v) > 0.7)
    if shape == "stripes":
        return (np.maximum(abs(u), abs(v)) < 0.8) & (abs(v % 0.64 - 0.32) < 0.16)
    if shape == "heart":
        return (1.4 * (u * u + v * v) - 0.7) ** 3 < 2.5 * u * u * (-v + 0.1) ** 3
    if shape == "hourglass":
        return (abs(u) < abs(v)) & (abs(v) < 0.75)
    raise ValueError(shape)


def draw_shape(shape, rng, size=32):
    """One colour image [size, size, 3], 0 to 255, of a turned, shifted shape before a shaded background."""
    fine = 3  # points per pixel and direction, averaged
    y, x = (np.mgrid[0 : size * fine, 0 : size * fine] + 0.5) / fine
    radius = rng.uniform(0.28, 0.45) * size
    centre = size / 2 + rng.uniform(-1, 1, 2) * (size / 2 - radius)
    turn = rng.uniform(0, 2 * np.pi)
    dx, dy = (x - centre[0]) / radius, (y - centre[1]) / radius
    mask = inside(shape, dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn))
    mask = mask.reshape(size, fine, size, fine).mean(axis=(1, 3))[..., np.newaxis]
    front, back = rng.uniform(0, 255, (2, 3))
    while abs(front - back).sum() < 150:
        front, back = rng.uniform(0, 255, (2, 3))
    slope = rng.uniform(-1.5, 1.5, 2)
    rows, columns = np.mgrid[0:size, 0:size] - size / 2
    image = back + (rows * slope[0] + columns * slope[1])[..., np.newaxis]
    image = image * (1 - mask) + front * mask
    return image + rng.normal(0, rng.uniform(2, 14), image.shape)


def shapes(count, seed):
    """count images, uint8 [count, 32, 32, 3], and their classes: SHAPES in turn, 0 1 2 ... 9 0 1 ..."""
    rng = np.random.RandomState(seed)
    labels = np.arange(count) % len(SHAPES)
    images = np.stack([draw_shape(SHAPES[label], rng) for label in labels])
    return np.rint(np.clip(images, 0, 255)).astype(np.uint8), labels


def line_mask(points, width, size):
    """How much of each pixel a polyline covers, 0 to 1, by the distance from its nearest segment."""
    y, x = np.mgrid[0:size, 0:size]
    nearest = np.full((size, size), np.inf)
    for (x0, y0), (x1, y1) in zip(points[:-1], points[1:]):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - x0 - along * dx, y - y0 - along * dy))
    return np.clip(width / 2 + 0.5 - nearest, 0, 1)


def wander(rng, size, steps, length, bend):
    """A polyline that starts inside the image and changes its direction a little at each step."""
    points = [rng.uniform(0.2, 0.8, 2) * size]
    direction = rng.uniform(0, 2 * np.pi)
    for _ in range(steps):
        points.append(points[-1] + length * np.array([np.cos(direction), np.sin(direction)]))
        direction += rng.normal(0, bend)
    return points


def draw_surface(cracked, rng, size=56):
    """One grey image [size, size], 0 to 255. Sound surfaces too have pits, stains and bright scratches."""
    y, x = np.mgrid[0:size, 0:size]
    image = rng.uniform(110, 190) + enlarge(rng.normal(0, 14, (5, 5)), size)
    image += (x - size / 2) * rng.uniform(-0.6, 0.6) + (y - size / 2) * rng.uniform(-0.6, 0.6)
    for _ in range(rng.randint(0, 6)):  # pits: dark, round
        cx, cy = rng.uniform(0, size, 2)
        image -= rng.uniform(30, 90) * np.clip(rng.uniform(1, 3.5) - np.hypot(x - cx, y - cy), 0, 1)
    for _ in range(rng.randint(0, 3)):  # scratches: bright, straight
        mask = line_mask(wander(rng, size, 2, rng.uniform(5, 20), 0), rng.uniform(0.6, 1.6), size)
        image += rng.uniform(20, 60) * mask
    if cracked:
        points = wander(rng, size, rng.randint(6, 12), rng.uniform(3, 6), 0.6)
        image -= rng.uniform(25, 80) * line_mask(points, rng.uniform(0.6, 1.8), size)
    return image + rng.normal(0, rng.uniform(3, 9), (size, size))


def surfaces(count, seed):
    """count images, uint8 [count, 56, 56, 1], and their classes: sound and cracked in turn, 0 1 0 1 ..."""
    rng = np.random.RandomState(seed)
    labels = np.arange(count) % 2
    images = np.stack([draw_surface(label == 1, rng) for label in labels])
    return np.rint(np.clip(images, 0, 255)).astype(np.uint8)[..., np.newaxis], labels


def first_of_each(labels, classes, count=2):
    """Indices of the first `count` examples of each class, in the order of the classes."""
    return np.concatenate([np.flatnonzero(labels == label)[:count] for label in range(classes)])


def write_labels(folder, classes, expected):
    """labels.json: the names of the classes and the class of each run of golden.npz, null where the run is no image."""
    expected = [None if label is None else int(label) for label in expected]
    text = '{\n  "classes": %s,\n  "expected": %s\n}\n' % (json.dumps(classes), json.dumps(expected))
    (pathlib.Path(folder) / "labels.json").write_text(text)


def show(image):
    """Prints a grey image as text, two characters a pixel."""
    grey = image.astype(float).mean(axis=2)
    for row in (grey - grey.min()) / (grey.max() - grey.min() + 1e-9) * 9:
        print("".join(" .:-=+*#%@"[int(value)] * 2 for value in row))


if __name__ == "__main__":
    for name, label, image in zip(SHAPES, *reversed(shapes(10, seed=1))):
        print(f"shape {label}: {name}")
        show(image)
    for label, image in zip(*reversed(surfaces(2, seed=1))):
        print(f"surface {label}: {SURFACES[label]}")
        show(image)
