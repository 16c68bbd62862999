"""Is it the mining that holds the first rows of Table 1 back? The rows "noise resist" and "hard samples" of an ablation once more,
with the known truth in place of what the losses say: below 15 % visible is wholly hidden, below 75 % partly. Resumable.

    reid_ablate DATA --table cumulative --out ablation …
    python nbs/benchmarks/truth.py DATA ablation --seeds "1 2"
"""
import json
from pathlib import Path

import numpy as np
import torch
from fastcore.script import call_parse

from reid_nb.ablation import score_row, table_rows, trainings
from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.metrics import bootstrap
from reid_nb.cleaning import apply_decisions, decide
from reid_nb.noise import true_kinds
from reid_nb.pipeline import Job, train_job
from reid_nb.runs import load_run_recipe

@call_parse
def main(
    data:str,           # Data set with a truth.csv
    ablation:str,       # Folder of `reid_ablate`
    seeds:str='1',      # Of those that are in it
    rows:str='noise-resist hard-samples', # Names of their networks
    threads:int=1,      # Of torch
):
    torch.set_num_threads(threads)
    data, out = read_dataset(data), Path(ablation)
    table = data.table.assign(kind=true_kinds(data.table.visible, 0.15, 0.75))
    for name in rows.split():
        mined, truth = [], []
        for seed in map(int, seeds.split()):
            r = trainings(load_run_recipe(out).set(seed=seed), table_rows('cumulative'))[0][name]
            n, folder = r.noise, out/f'truth/seed-{seed}/{name}'
            shown = apply_decisions(data.table, decide(table, n.repeats, drop=n.drop), n.min_images, n.max_repeats)
            if not (folder/'result.json').is_file():
                train_job(data, Job(folder, r, shown))
                found = score_row(data, r, folder)
                with atomic_write(folder/'result.json') as tmp: tmp.write_text(json.dumps(found))
            truth.append(json.loads((folder/'result.json').read_text())['ap'])
            mined.append(json.loads((out/f'results/seed-{seed}/cumulative-{name}.json').read_text())['ap'])
        gain = 100*(np.array(truth, float) - np.array(mined, float))
        print(f'{name}: mined {100*np.mean(mined):.2f}, with the truth {100*np.mean(truth):.2f}, '
              f'{gain.mean():+.2f} ({", ".join(f"{v:+.2f}" for v in bootstrap(gain))})', flush=True)
