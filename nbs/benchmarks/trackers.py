"""`trackers.py OUT`: what the features of the demonstration run's network bring to trackers of BoxMOT, on synthetic games of two clips.

The trackers get frames and boxes without numbers, and their own backend runs the file of `export_onnx(preprocess=False)`.
Thresholds are chosen on three games, with and without features alike, and reported on twelve others. Camera motion is left
out, the camera stands still. BoxMOT (tried: 25.0.0) is AGPL and no dependency: install it in an environment of its own.
"""
import argparse, json, logging
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch

from global_ids import linked, make, score
from reid_nb.demo import demo_run
from reid_nb.embed import embed
from reid_nb.global_ids import track_crops
from reid_nb.models import load_model
from reid_nb.onnx import export_onnx

CHOSEN_ON, REPORTED_ON = (3, 601), (12, 602) # Games and seed
TRACKERS = { # What is common, what is tried, and what is tried beside it with features
    'BotSort': (dict(use_cmc=False), dict(match_thresh=(.8, .9, .97)),
                dict(proximity_thresh=(.5, .8, 1.), appearance_thresh=(.25, .4, .6, .8))),
    'DeepOcSort': (dict(cmc_off=True), dict(iou_threshold=(.3, .2, .1)),
                   dict(w_association_emb=(.5, 1., 2.), aw_off=(False, True)))}

class Once:
    "A backend of BoxMOT that embeds the boxes of each frame once, whatever is tried."
    def __init__(self, backend): self.backend, self.known, self.frame = backend, {}, None

    def get_features(self, boxes, image):
        key = *self.frame, np.asarray(boxes).tobytes()
        if key not in self.known: self.known[key] = self.backend.get_features(boxes, image)
        return self.known[key]

def combinations(tried):
    return [dict(zip(tried, values)) for values in product(*tried.values())]

def read_frames(found, root):
    "From clip and frame to the picture, blue first, and (n, 6) corners, certainty and class, in no order."
    rng = np.random.default_rng(0)
    frames = {}
    for (seq, frame), boxes in found.groupby(['seq', 'frame']):
        x, y, w, h = boxes[['x', 'y', 'w', 'h']].to_numpy(np.float32).T
        rows = np.stack([x, y, x + w, y + h, boxes.conf, 0 * x], 1).astype(np.float32)
        frames[seq, frame] = cv2.imread(str(root/f'{seq}/img1/{frame:06d}.jpg')), rng.permutation(rows)
    return frames

def track(tracker_of, frames, found, once):
    "The tracker's boxes, with numbers that begin anew in each clip."
    parts = []
    for seq, game in found.groupby('seq').game.first().items():
        tracker = tracker_of()
        for frame in range(1, found.frame.max() + 1):
            if (seq, frame) not in frames: continue
            once.frame = seq, frame
            image, boxes = frames[seq, frame]
            rows = np.asarray(tracker.update(boxes, image)).reshape(-1, 8)
            left, top, right, bottom, number, conf = rows[:, :6].T
            parts.append(pd.DataFrame(dict(seq=seq, frame=frame, track=number.astype(int), x=left, y=top, w=right - left,
                                           h=bottom - top, conf=conf, game=game, person='')))
    boxes = pd.concat(parts, ignore_index=True)
    return boxes.assign(own=boxes.seq + '/' + boxes.track.astype(str))

def agreement(model, once, frames, found, root):
    "How the backend's features differ from the network's on the same pixels, and from those of `embed` on the same boxes."
    (seq, frame), (image, boxes) = max(frames.items(), key=lambda item: len(item[1][1]))
    once.frame = seq, frame
    theirs = once.get_features(boxes[:, :4], image)
    corners = boxes[:, :4].astype(int)
    height, width = model.size
    crops = [cv2.resize(image[y0:y1, x0:x1], (width, height))[..., ::-1] for x0, y0, x1, y1 in corners]
    pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).contiguous()
    rows = pd.DataFrame(dict(file=[str(i) for i in range(len(crops))]))
    same = embed(model, rows, pixels=pixels, precision='fp32').features
    sides = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    ours = embed(model, (image[..., ::-1].copy(), sides), precision='fp32').features
    cosines = (theirs * ours).sum(1)
    print(f'{len(boxes)} boxes of a frame: {np.abs(theirs - same).max():.1e} from the network on the same pixels; '
          f'resized by OpenCV in place of Pillow, cosines with embed {cosines.mean():.4f} on average, {cosines.min():.4f} at least', flush=True)

def choose(name, tracker_class, games, once):
    "The best options without and with features, by IDF1 within clips."
    truth, found, root = games
    frames = read_frames(found, root)
    common, motion, looks = TRACKERS[name]
    best = {}
    for with_features, tried in ((False, motion), (True, motion | looks)):
        rows = []
        for options in combinations(tried):
            settings = common | options | dict(use_embeddings=with_features, reid_model=once)
            boxes = track(lambda: tracker_class(**settings), frames, found, once)
            rows.append((score(truth, boxes, 'own', 'seq').idf1, options))
        idf1, best[with_features] = max(rows, key=lambda row: row[0])
        worst = min(row[0] for row in rows)
        print(f'{name}, features {with_features}: {idf1:.1%} of {worst:.1%} to {idf1:.1%} by {json.dumps(best[with_features])}', flush=True)
    return best

def report(name, tracker_class, games, once, best, model):
    "A row for each way and place: scores, and gains over the tracker without features."
    truth, found, root = games
    frames = read_frames(found, root)
    common = TRACKERS[name][0]
    ways = {}
    for with_features, words in ((False, 'motion'), (True, 'motion and features')):
        settings = common | best[with_features] | dict(use_embeddings=with_features, reid_model=once)
        boxes = track(lambda: tracker_class(**settings), frames, found, once)
        ways[words] = [score(truth, boxes, 'own', group) for group in ('seq', 'game')]
        features = embed(model, track_crops(boxes, root), root)
        ways[words + ', joined'] = linked(truth, boxes, features)
        print(f'{name}, {words}: {boxes.own.nunique()} tracks', flush=True)
    rows = []
    for (words, scores), (place, group) in product(ways.items(), enumerate(('clip', 'game'))):
        after, before = scores[place], ways['motion'][place]
        gain, low, high = after.gain(before, 'idf1')
        rows.append(dict(tracker=name, numbers=words, over=group, idf1=after.idf1, hota=after.hota, gain=gain, low=low, high=high))
    return rows

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path)
    out = parser.parse_args().out
    try:
        import boxmot
        from boxmot.reid.backends.onnx_backend import ONNXBackend
    except ImportError as e: raise SystemExit(f'{e}; this benchmark needs BoxMOT: pip install boxmot, in an environment of its own, it is AGPL')
    logging.getLogger('boxmot').setLevel('ERROR')
    out.mkdir(parents=True, exist_ok=True)
    model = load_model(demo_run()/'models/m0.3').eval()
    file = export_onnx(model, out/'players.onnx', preprocess=False)
    once = Once(ONNXBackend(file, torch.device('cpu'), False))
    games = {chosen: make(out, *chosen) for chosen in (CHOSEN_ON, REPORTED_ON)}
    _, found, root = games[CHOSEN_ON]
    agreement(model, once, read_frames(found, root), found, root)
    rows = []
    for name in TRACKERS:
        tracker_class = getattr(boxmot, name)
        best = choose(name, tracker_class, games[CHOSEN_ON], once)
        rows += report(name, tracker_class, games[REPORTED_ON], once, best, model)
        pd.DataFrame(rows).round(4).to_csv(out/'trackers.csv', index=False)
    print((100 * pd.DataFrame(rows).set_index(['tracker', 'numbers', 'over'])).round(1).to_string())

if __name__ == '__main__': main()
