"""A data set made as difficult as the challenge's is said to be: in training 6 % of the people are wholly hidden and 12 %
partly, by others pasted in front of them, and 20 % of the ids have only 2 to 4 images left; queries and gallery, labeled or
not, have their 12 % of partly hidden people too, since the paper says (2.1) that the test set has them. A folder in the
challenge's layout with `truth.csv`, the same one for the same seed.

    python nbs/benchmarks/add_occlusion.py cuhk03_challenge.zip cuhk03_harmed --ids 0.5
"""
import tempfile
from pathlib import Path

import numpy as np
from fastcore.script import call_parse

from cleaning import part_of_ids
from reid_nb.data import read_dataset
from reid_nb.synth import occlude

WHOLLY, PARTLY, FEW = (0.06, (0, 0.1)), (0.12, (0.3, 0.7)), 0.2

def cut(table, seed):
    "Leave 2 to 4 images of some training ids."
    rng, train = np.random.default_rng(seed), table[table.subset == 'train']
    pids, gone = np.unique(train.pid), []
    for pid in rng.permutation(pids)[:round(FEW*len(pids))]:
        at = rng.permutation(train.index[train.pid == pid])
        gone += at[rng.integers(2, 5):].tolist()
    return table.drop(gone).reset_index(drop=True)

@call_parse
def main(
    path:str,       # Challenge zip
    dest:str,       # New folder
    ids:float=1.,   # Share of the training ids that is used
    seed:int=0,     # Of ids, images and places
):
    with tempfile.TemporaryDirectory() as tmp:
        data = read_dataset(path, dest=tmp)
        unlabeled = data.table[data.table.subset == 'challenge']
        kept = part_of_ids(data, ids).table.file
        table, root = cut(data.table[data.table.file.isin([*kept, *unlabeled.file])].reset_index(drop=True), seed), data.root
        for n, (subset, levels) in enumerate(dict(train=[WHOLLY, PARTLY], test=[PARTLY], challenge=[PARTLY]).items()):
            alone = table.pid.where(table.subset != 'challenge', 10**6 + np.arange(len(table)))
            last = Path(dest) if subset == 'challenge' else Path(tmp)/subset
            pid, table = table.pid, occlude(table.assign(pid=alone), root, last, levels, seed, subset)
            table, root = table.assign(pid=pid), last
    print(table.groupby('subset').visible.describe()[['count', 'mean', 'min']])
