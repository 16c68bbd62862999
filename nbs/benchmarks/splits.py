"""Data sets to choose on, and one part that is kept for the end. From the training people of CUHK03 in the challenge's
layout (file names `<pid>_<camera>_<shot>`) it makes tables that `read_dataset` reads:

- `dev0`, `dev1`, `dev2`: 100 people each to be found, none of them in two tables, and half of the others to train on;
- `n200`, `n500`, `n2000`, `n4000`: whole people with about that many images, each set part of the next, the people
  of `dev0` to be found;
- `cut1_n200`, `cut1_n500`, `cut2_n200`, `cut2_n500`: as many images of other people, the people of `dev1` and `dev2` to be
  found;
- `ids4`: four images of each person (two cameras), in training and test, the people of `dev0` to be found;
- `players`: synthetic players of a seed that no notebook uses;
- `snmot_people`, `snmot_time` (with `--snmot`): players of one broadcast clip, half of the people or the first half of
  the clip to train on; queries from early frames, gallery from late ones;
- `final`: 100 people who are in none of the tables above, and a fixed half of the others to train on;
- `final_n6000`: 6,000 images, those of the 100 among them; the layout's own labeled people to be found.

As in the layout's own test part the queries are the first and the last shot of camera 0, the gallery is all of
camera 1. Tables whose name begins with `final` are for one last look, not for choosing. The same archive gives the
same tables; their MD5 sums are told, and kept in splits.txt.

    python nbs/benchmarks/splits.py cuhk03_challenge.zip splits --snmot snmot116_occlusion.zip
"""
import hashlib, os
from pathlib import Path

import numpy as np
import pandas as pd
from fastcore.script import call_parse

from reid_nb.core import ReIDError, atomic_write, mix_seed
from reid_nb.data import read_dataset
from reid_nb.synth import make_dataset

COLUMNS = 'file', 'pid', 'camid', 'seq', 'frame', 'subset', 'role', 'protocol'
SEED = 2023      # Of the people's order
N_TEST = 100     # People to be found
SMALL = 200, 500, 2000, 4000
PLAYERS = dict(n_ids=60, frames=12, n_val=40, n_test=1, seed=2023)

def linked(data, out, name):
    "The data's table, its files below a link OUT/name."
    link = out/name
    if not link.exists(): link.symlink_to(os.path.relpath(data.root, out), target_is_directory=True)
    return data.table.assign(file=name + '/' + data.table.file)

def by_camera(table):
    "The table with the camera that a file's second number names."
    return table.assign(camid=table.seq)

def as_train(rows): return rows.assign(subset='train', role='train')

def as_test(rows):
    "First and last shot of camera 0 as queries, all of camera 1 as gallery; the other rows are left out."
    shots = rows.groupby(['pid', 'camid']).frame
    at_end = (rows.frame == shots.transform('min')) | (rows.frame == shots.transform('max'))
    query, gallery = (rows.camid == 0) & at_end, rows.camid == 1
    role = np.where(query, 'query', 'gallery')
    return rows.assign(subset='test', role=role)[query | gallery]

def of_ids(rows, pids): return rows[rows.pid.isin(pids)]

def first_images(rows, pids, n):
    "The images of the first people, whole people, until there are `n`; the last person's are cut."
    sizes = rows.groupby('pid').size().loc[list(pids)]
    if sizes.sum() < n: raise ReIDError(f"{sizes.sum()} images of {len(pids)} ids: {n} cannot be chosen")
    n_ids = np.searchsorted(sizes.cumsum(), n) + 1
    order = {pid: i for i, pid in enumerate(pids[:n_ids])}
    rows = of_ids(rows, order)
    # Shots before cameras, so that the last person too has both of them
    in_order = rows.assign(nth=rows.pid.map(order)).sort_values(['nth', 'frame', 'camid'])
    return rows.loc[in_order.index[:n]].sort_index()

def two_of_each_camera(rows):
    "The first and the last shot of each person and camera."
    shots = rows.groupby(['pid', 'camid']).frame
    return rows[(rows.frame == shots.transform('min')) | (rows.frame == shots.transform('max'))]

def other_cuts(train, pids, i):
    "Small sets of other people than those of `n200` and `n500`, the people of `dev1` or `dev2` to be found."
    found = pids[i*N_TEST:(i + 1)*N_TEST]
    rest = np.random.default_rng(mix_seed(SEED, 100 + i)).permutation(np.setdiff1d(pids, found))
    to_find = as_test(of_ids(train, found))
    return {f'cut{i}_n{n}': pd.concat([as_train(first_images(train, rest, n)), to_find]) for n in SMALL[:2]}

def people_tables(table):
    "The tables of CUHK03's people, by name."
    train, test = table[table.subset == 'train'], table[table.subset == 'test']
    rng = np.random.default_rng(mix_seed(SEED))
    pids = rng.permutation(np.unique(train.pid))
    if len(pids) < 5*N_TEST: raise ReIDError(f"{len(pids)} training ids; {5*N_TEST} or more are needed")
    kept, others = pids[:N_TEST], pids[N_TEST:]
    tables = {}
    for i in range(3):
        found = others[i*N_TEST:(i + 1)*N_TEST]
        rest = rng.permutation(np.setdiff1d(others, found))
        trained = rest[:len(others)//2]
        tables[f'dev{i}'] = pd.concat([as_train(of_ids(train, trained)), as_test(of_ids(train, found))])
    found = others[:N_TEST]
    rest = rng.permutation(np.setdiff1d(others, found))
    to_find = as_test(of_ids(train, found))
    for n in SMALL: tables[f'n{n}'] = pd.concat([as_train(first_images(train, rest, n)), to_find])
    for i in 1, 2: tables |= other_cuts(train, others, i)
    few = two_of_each_camera(train)
    tables['ids4'] = pd.concat([as_train(of_ids(few, rest)), as_test(of_ids(few, found))])
    trained = rng.permutation(others)[:len(others)//2]
    tables['final'] = pd.concat([as_train(of_ids(train, trained)), as_test(of_ids(train, kept))])
    tables['final_n6000'] = pd.concat([as_train(first_images(train, rng.permutation(pids), 6000)), test])
    return tables

def spread(rows, n):
    "Of each person `n` rows, evenly spread over the frames."
    rows = rows.sort_values(['pid', 'frame'])
    place, size = rows.groupby('pid').cumcount(), rows.groupby('pid').pid.transform('size')
    step = np.maximum(size / n, 1)
    return rows[(place % step) < 1]

def early_and_late(rows):
    "Queries from the first third of the frames, gallery from the last; people who are in both."
    first, last = rows.frame.quantile(1/3), rows.frame.quantile(2/3)
    query, gallery = spread(rows[rows.frame <= first], 4), spread(rows[rows.frame >= last], 12)
    both = set(query.pid) & set(gallery.pid)
    parts = [query.assign(role='query', camid=0), gallery.assign(role='gallery', camid=1)]
    return of_ids(pd.concat(parts), both).assign(subset='test')

def clip_tables(table):
    "The tables of one clip, by name."
    rows = table[table.subset == 'train']
    pids = np.random.default_rng(mix_seed(SEED, 1)).permutation(np.unique(rows.pid))
    half = len(pids)//2
    people = [as_train(of_ids(rows, pids[:half])), early_and_late(of_ids(rows, pids[half:]))]
    is_early = rows.frame <= rows.frame.median()
    time = [as_train(rows[is_early]), early_and_late(rows[~is_early])]
    return dict(snmot_people=pd.concat(people), snmot_time=pd.concat(time))

def write(table, path):
    "Saves the table, and its MD5 sum."
    table = table[[name for name in COLUMNS if name in table]]
    text = table.to_csv(index=False, lineterminator='\n')
    with atomic_write(path) as tmp: tmp.write_text(text)
    return hashlib.md5(text.encode()).hexdigest()

def described(name, table, md5):
    "A line of what is told."
    train, query, gallery = (table[table.role == role] for role in ('train', 'query', 'gallery'))
    return {'data': name, 'train ids': train.pid.nunique(), 'train images': len(train), 'test ids': query.pid.nunique(),
            'queries': len(query), 'gallery': len(gallery), 'md5': md5}

@call_parse
def main(
    path:str,     # Challenge zip or folder of CUHK03
    out:str,      # Folder for tables and images
    snmot:str='', # Challenge zip or folder of one clip's players
):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    tables = people_tables(by_camera(linked(read_dataset(path, dest=out/'unpacked'), out, 'cuhk03')))
    players = out/'players.zip'
    if not players.is_file(): make_dataset(players, **PLAYERS)
    made = linked(read_dataset(players, dest=out/'unpacked'), out, 'players')
    tables['players'] = made[made.subset != 'challenge']
    if snmot: tables |= clip_tables(linked(read_dataset(snmot, dest=out/'unpacked'), out, 'snmot'))
    sums = {name: write(table, out/f'{name}.csv') for name, table in tables.items()}
    lines = pd.DataFrame([described(name, table, sums[name]) for name, table in tables.items()])
    with atomic_write(out/'splits.txt') as tmp: lines.to_csv(tmp, index=False)
    print(lines.to_string(index=False))
