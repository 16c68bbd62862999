"""`global_ids.py OUT`: what joining a tracker's pieces brings, on synthetic games of two clips, by the demonstration run's network.

Threshold, neighbors and crops are chosen on six games and reported on sixteen others, none of whose players the network has seen.
"""
import argparse, json, time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from reid_nb.demo import demo_run
from reid_nb.embed import embed
from reid_nb.global_ids import link_tracks, track_crops
from reid_nb.models import load_model
from reid_nb.synth import make_frames, pretend_tracker
from reid_nb.tracking_scores import tracking_scores

CHOSEN_ON, REPORTED_ON = (6, 301), (16, 302) # Games and seed
THRESHOLDS = .6, .7, .8, .85, .9, .95
K1 = 3, 6, 10
CROPS = 1, 4, 8

def make(out, games, seed):
    "True boxes and those of the tracker, with the numbers of the tracker's own, and the folder of the frames."
    folder = out/f'games_{seed}'
    truth = make_frames(folder, games, frames=80, players=10, seed=seed, clips=2, width=960)
    found = pretend_tracker(truth, seed)
    return truth, found.assign(own=found.seq + '/' + found.track.astype(str)), folder/'train'

def score(truth, boxes, track, group):
    return tracking_scores(truth, boxes, 'person', track, group)

def joined_games(found, features, **options):
    "The boxes with `person`, each game joined by itself."
    parts = []
    for game, boxes in found.groupby('game'):
        own = features.table.seq.isin(boxes.seq).to_numpy()
        crops = replace(features, features=features.features[own], table=features.table[own])
        tracks = boxes.drop(columns=['game', 'person', 'own'])
        joined = link_tracks(crops, tracks, **options).boxes
        parts.append(joined.assign(game=game, person=f'{game}/' + joined.person.astype(str)))
    return pd.concat(parts)

def linked(truth, found, features, **options):
    "Scores within clips and over the clips of a game."
    boxes = joined_games(found, features, **options)
    return [score(truth, boxes, 'person', group) for group in ('seq', 'game')]

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    model = load_model(demo_run()/'models/m0.3').eval()
    began = time.process_time()
    truth, found, root = make(out, *CHOSEN_ON)
    rows = []
    for most in CROPS:
        features = embed(model, track_crops(found, root, most), root)
        for k1 in K1:
            for threshold in THRESHOLDS:
                _, over = linked(truth, found, features, threshold=threshold, k1=k1, k2=max(1, k1 // 3))
                rows.append(dict(most=most, k1=k1, threshold=threshold, idf1=over.idf1, hota=over.hota))
    tried = pd.DataFrame(rows).sort_values('idf1', ascending=False, kind='stable')
    tried.to_csv(out/'tried.csv', index=False)
    print(tried.head(8).round(4).to_string(index=False), flush=True)
    best = tried.iloc[0]
    options = dict(threshold=float(best.threshold), k1=int(best.k1), k2=max(1, int(best.k1) // 3))
    truth, found, root = make(out, *REPORTED_ON)
    features = embed(model, track_crops(found, root, int(best.most)), root)
    joined = linked(truth, found, features, **options)
    report(truth, found, joined)
    print(json.dumps(options | dict(most=int(best.most))), f'{time.process_time() - began:.0f} CPU s')

def report(truth, found, joined):
    "Print scores with and without joining, and gains with intervals of drawn games or clips."
    print(f'{found.groupby(["seq", "track"]).ngroups} tracks of {truth.person.nunique()} players in {truth.seq.nunique()} clips')
    for group, after in zip(('seq', 'game'), joined):
        before = score(truth, found, 'own', group)
        for name in ('idf1', 'hota', 'ass_a'):
            gain, low, high = after.gain(before, name)
            print(f'{group} {name}: {getattr(before, name):.1%} as tracked, {getattr(after, name):.1%} joined, {gain:+.1%} ({low:+.1%} to {high:+.1%})')

if __name__ == '__main__': main()
