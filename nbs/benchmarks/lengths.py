"""Is a training that is given ten minutes ever much worse than a shorter one? For each data set the preset `small` is
trained for ten lengths, from a thirtieth of the CPU seconds to all of them, and told which share of the best one's mAP
the longest keeps: what `--minutes` does is the longest, or that of `train.most_passes` where it is shorter. The best of
ten is found with the answers and so flatters
itself. Without mirror and re-ranking. Each training is validated about eight times on the same images, and what a run's
report would expect of a longer one (`doubling_gain`) stands beside what the next length that is at least 1.4 times as
long really brings. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/splits.py cuhk03_challenge.zip splits
    python nbs/benchmarks/lengths.py lengths --data "splits/n200.csv splits/n500.csv splits/n2000.csv" --seconds 600
"""
import math
from pathlib import Path

import pandas as pd
from fastcore.script import call_parse

from reid_nb.budget import doubling_gain
from reid_nb.core import atomic_write, import_parts
from reid_nb.data import read_dataset
from reid_nb.options import set_values
from reid_nb.recipe import load_recipe
from small import check_looks, epochs_within, folder_of, result, told, told_result, values

VALIDATIONS = 8 # Of a training
LONGER = 1.4    # Times, of a training whose gain is told

SHARES = 1/30, 1/20, 1/13, 1/9, 1/6, 1/4, 1/3, 1/2, 7/10, 1

def lengths(most):
    "Ten numbers of epochs, the last of them `most`; fewer where they are the same."
    return sorted({max(1, round(share*most)) for share in SHARES})

def kept(found):
    "Share of the best length's mAP that the longest has."
    means = [values([got], 'ap').mean() for got in found]
    return means[-1] / max(means)

def expected(here, later):
    "mAP that the curve of a training expects of another that is `later`, its error, and what came."
    history = pd.DataFrame(here['history']).astype(float)
    gain, error = doubling_gain(history.assign(model='one'))
    doublings = math.log2(later['epochs'] / here['epochs'])
    came = values([later], 'ap').mean() - values([here], 'ap').mean()
    return {'to epochs': later['epochs'], 'expected': round(100*gain*doublings, 1), 'error': round(100*error*doublings, 1), 'came': round(came, 1)}

def table_rows(name, found):
    "A row of the table for each training of a data set, in the order of their lengths."
    rows = []
    for i, got in enumerate(found):
        row = {'data': name, 'epochs': got['epochs'], 'images': got['images'], 'CPU s': round(got['seconds']),
               'mAP': told([(values([got], 'ap'), got['people'])]), 'loss': round(got['loss'], 2)}
        later = [other for other in found[i:] if other['epochs'] >= LONGER*got['epochs']]
        rows.append(row | (expected(got, later[0]) if later else {}))
    return rows

@call_parse
def main(
    out:str,            # Folder for everything that is made
    data:str='',        # Tables of data sets, as splits.py writes them, separated by spaces
    recipe:str='small', # Preset
    changes:str='',     # As --set of a command
    seconds:float=600,  # CPU seconds of the longest training
    seed:int=0,
    final:bool=False,   # Look at the part that was kept?
    threads:int=1,      # Of torch
):
    import_parts()
    out, paths, rows = Path(out), [Path(path) for path in data.split()], []
    check_looks(paths, final)
    r = load_recipe(recipe).set(**(set_values(changes) | {'seed': seed}))
    for path in paths:
        table = read_dataset(path)
        most, found = epochs_within(table, r, seconds, folder_of(out, path, 'timing', seed)), []
        for n in lengths(most):
            every = max(1, n//VALIDATIONS)
            said = f'{changes} train.epochs={n} train.warmup={round(n/12)} train.eval_every={every}'.strip()
            got = result(path, f'{n} epochs', (recipe, said), seed, out, [0, 0], threads)
            if got is None: continue
            found.append(got)
            print(told_result(path, seed, f'{n} epochs', got), flush=True)
        rows += table_rows(path.stem, found)
        print(f"{path.stem}: the longest keeps {kept(found):.2f} of the best", flush=True)
    lines = pd.DataFrame(rows)
    with atomic_write(out/'lengths.csv') as tmp: lines.to_csv(tmp, index=False)
    print(lines.to_string(index=False))
