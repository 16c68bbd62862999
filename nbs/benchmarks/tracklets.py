"""mAP of images and of tracklets, pooled in three ways, on synthetic players of whom some frames are hidden.

    python nbs/benchmarks/tracklets.py --seeds 11 12 --hidden 0.15 0.35 --frames 5 10

The network is that of the demonstration run, which has seen none of these players.
"""
import argparse, itertools, tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from reid_nb.data import read_dataset
from reid_nb.demo import demo_run
from reid_nb.embed import embed
from reid_nb.metrics import cosine_distances, evaluate
from reid_nb.models import load_model
from reid_nb.synth import make_dataset, occlude
from reid_nb.tracklets import pool


def hidden_players(folder, seed, share):
    "Table and folder of 60 players, 20 frames each, a share of which is hidden, most of them nearly whole."
    zipped = make_dataset(folder/f'{seed}.zip', n_ids=4, frames=20, n_val=60, n_test=2, seed=seed)
    data = read_dataset(zipped, folder)
    levels = (2 * share / 3, (0, 0.1)), (share / 3, (0.1, 0.4))
    hidden = folder/f'{seed}-{share}'
    table = occlude(data.rows('test'), data.root, hidden, levels, seed, 'test')
    return table.sort_values(['pid', 'frame', 'file'], kind='stable').reset_index(drop=True), hidden


def score(features, table, how):
    "mAP of tracklets, or of images without `how`."
    sides = []
    for role in ('query', 'gallery'):
        at = np.flatnonzero(table.role == role)
        side = features[at], table.iloc[at]
        sides.append(pool(*side, how)[:2] if how else side)
    (q, q_table), (g, g_table) = sides
    return 100 * evaluate(cosine_distances(q, g), q_table.pid, g_table.pid).mAP


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seeds', type=int, nargs='+', default=[11, 12])
    parser.add_argument('--hidden', type=float, nargs='+', default=[0.15, 0.35])
    parser.add_argument('--frames', type=int, nargs='+', default=[5, 10])
    args = parser.parse_args()
    net = load_model(demo_run()/'models/m0.3').eval()
    net.bf16, rows = False, []
    for seed, share in itertools.product(args.seeds, args.hidden):
        with tempfile.TemporaryDirectory() as folder:
            table, root = hidden_players(Path(folder), seed, share)
            features = embed(net, table, root).features
        for frames in args.frames:
            number = table.groupby('pid').cumcount() // frames
            role = np.where(number == 0, 'query', 'gallery')
            seen = table.assign(tracklet=1000 * table.pid + number, role=role)
            told = seen.drop(columns='visible')
            rows.append(dict(seed=seed, hidden=share, frames=frames, images=score(features, seen, ''), mean=score(features, seen, 'mean'),
                             agreement=score(features, told, 'robust'), visible=score(features, seen, 'robust')))
    print(pd.DataFrame(rows).round(1).to_string(index=False))


if __name__ == '__main__': main()
