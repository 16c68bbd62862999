"""Do the parameters of expansion and re-ranking that a run chooses by the number of images (`choose`) hurt anywhere, and
which share do they keep of what the best ones would bring? For each data set one training of the preset `small` in the
same CPU time; mAP of the features alone, by the values that were chosen before any test image was ranked, by the
paper's, and by the best of a grid, which was found with the answers and so flatters itself. Intervals are 95 % of drawn
people. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/splits.py cuhk03_challenge.zip splits --snmot snmot116_occlusion.zip
    python nbs/benchmarks/choices.py choices --data "splits/n200.csv splits/n500.csv splits/ids4.csv" --seconds 120
"""
import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from reid_nb.choose import choose
from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.metrics import evaluate_rows
from reid_nb.models import load_model
from reid_nb.options import set_values
from reid_nb.recipe import load_recipe
from reid_nb.rerank import Reranker, expand_queries
from reid_nb.neighbors import find_neighbors
from small import check_looks, drawn_means, folder_of, result

K1, LAMBDA, EXPANDED = (2, 3, 4, 6, 8, 10, 13, 16, 20, 26), (0.1, 0.2, 0.35, 0.5, 0.7), (0, 3, 5)
PAPER = dict(aqe_k=5, k1=20, k2=6, lambda_=0.3)

def precisions(rows, q, g, aqe_k, k1, k2, lambda_, rerankers):
    "(Q,) average precision after expansion and re-ranking; `rerankers` keeps the searches by `aqe_k`."
    is_query = (rows.role == 'query').to_numpy()
    if aqe_k not in rerankers:
        expanded = expand_queries(q, g, aqe_k)
        rerankers[aqe_k] = Reranker(find_neighbors(*expanded, max(K1) + 2)), 1 - expanded[0] @ expanded[1].T
    rerank, plain = rerankers[aqe_k]
    distances = rerank(k1, k2, lambda_) if k1 else plain
    return evaluate_rows(distances, rows[is_query], rows[~is_query]).ap

def compare(data, features, recipe):
    "mAP by each way, and their differences to the features alone with intervals."
    rows = data.rows('test')
    is_query = (rows.role == 'query').to_numpy()
    q, g, people = features[is_query], features[~is_query], rows.pid[is_query].to_numpy()
    test, searches = choose(recipe.set(**{'test.choose': 'counts'}), data.table).test, {}
    chosen = dict(aqe_k=test.aqe_k, k1=test.k1, k2=test.k2, lambda_=test.lambda_)
    def ap(**values): return precisions(rows, q, g, rerankers=searches, **values)
    plain = ap(aqe_k=0, k1=0, k2=1, lambda_=0.)
    grid = [dict(aqe_k=a, k1=k, k2=max(1, round(0.4*k)), lambda_=l) for a, k, l in product(EXPANDED, K1, LAMBDA)]
    best = max(grid, key=lambda values: np.nanmean(ap(**values)))
    found = dict(plain=100*np.nanmean(plain), chosen=str(chosen), best=str(best))
    for name, values in dict(chosen=chosen, paper=PAPER, best=best).items():
        gain = 100*(ap(**values) - plain)
        known = ~np.isnan(gain)
        low, high = np.percentile(drawn_means(gain[None, known], people[known]), [2.5, 97.5])
        found[f'{name}, gain'] = f'{gain[known].mean():+.1f} ({low:+.1f} to {high:+.1f})'
        found[f'{name}_gain'] = float(gain[known].mean())
    return found

@call_parse
def main(
    out:str,             # Folder for everything that is made
    data:str='',         # Tables of data sets, as splits.py writes them, separated by spaces
    recipe:str='small',  # Preset
    changes:str='',      # As --set of a command
    seconds:float=120,   # CPU seconds of a training
    seed:int=0,
    final:bool=False,    # Look at the part that was kept?
    threads:int=1,       # Of torch
):
    torch.set_num_threads(threads)
    out, paths, lines = Path(out), [Path(path) for path in data.split()], []
    check_looks(paths, final)
    for path in paths:
        got = result(path, recipe, (recipe, changes), seed, out, [seconds, 0], threads)
        if got is None: continue
        folder, table = folder_of(out, path, recipe, seed), read_dataset(path)
        done = folder/'choices.json'
        if not done.is_file():
            model = load_model(folder/'training')
            features = embed(model, table.rows('test'), table.root, flip=False).features
            compared = compare(table, features, load_recipe(recipe).set(**set_values(changes)))
            with atomic_write(done) as tmp: tmp.write_text(json.dumps(compared))
        found = json.loads(done.read_text())
        kept = found['chosen_gain']/found['best_gain'] if found['best_gain'] > 0 else np.nan
        lines.append({'data': path.stem, 'CPU s': round(got['seconds']), 'mAP': round(found['plain'], 1), 'chosen': found['chosen'],
                      'gain': found['chosen, gain'], "paper's": found['paper, gain'], 'best': found['best, gain'], 'kept': round(kept, 2)})
        print(lines[-1], flush=True)
    told = pd.DataFrame(lines)
    with atomic_write(out/'choices.csv') as tmp: told.to_csv(tmp, index=False)
    print(told.to_string(index=False))
