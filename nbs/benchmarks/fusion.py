"""Time and memory of fusing distances, judging models, and checking a submission.

    python nbs/benchmarks/fusion.py [--models 24 --queries 3368 --gallery 15913 --runs 3 --only plain sum]

Each run is a process of its own; methods are alternated, figures are medians. Memory is the peak (ru_maxrss, which
counts mapped pages) above what the process holds when all is imported, divided by one float32 matrix. The files, twice
models x queries x gallery x 4 bytes, are made in a temporary folder, or in one within --folder. They are fresh in the
system's cache where that has room for them, and then no disk is measured.

`plain` is the loop `total += np.load(path)`, the others are reid_nb.fusion.fuse, `files` on .safetensors instead of
.npy. `rank` sorts all rows and takes minutes: it is run once.
The second table is 24 models on a validation set of 50 x 910, and a submission of 618 x 9,505; `refuse` checks one with
five decimals. `smallest_subset` goes on until all models are in.
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile, time
from pathlib import Path

FUSING = 'plain', 'sum', 'files', 'minmax', 'zscore', 'rank'
JUDGING = ('leave_one_out', 'smallest_subset', 'choose_weights', 'cross_validate_weights',
           'write_submission', 'check_submission', 'refuse')


def now():
    "Memory of this process, in MB."
    try: return int(Path('/proc/self/statm').read_text().split()[1]) * resource.getpagesize() / 2**20
    except OSError: return peak()


def peak():
    "Largest memory of this process so far, in MB."
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10)


def make(a):
    "One of the matrices, as .npy and as .safetensors."
    import numpy as np
    from safetensors.numpy import save_file
    d = np.random.default_rng(a.make).random((a.queries, a.gallery), dtype=np.float32)
    np.save(f'{a.folder}/{a.make}.npy', d)
    save_file({'challenge': d}, f'{a.folder}/{a.make}.safetensors')


def fusing(a):
    "What is to be timed."
    import numpy as np
    from reid_nb.fusion import fuse
    paths = [f'{a.folder}/{n}.npy' for n in range(a.models)]
    if a.child == 'plain':
        def plain():
            total = np.load(paths[0])
            for p in paths[1:]: total += np.load(p)
        return plain
    if a.child == 'files': return lambda: fuse([p.replace('.npy', '.safetensors::challenge') for p in paths])
    return lambda: fuse(paths, None, None if a.child == 'sum' else a.child)


def judging(a):
    "What is to be timed, after everything it needs is there."
    import numpy as np
    from reid_nb import fusion, submission
    from reid_nb.labels import as_labels
    rng = np.random.default_rng(0)
    if a.child in JUDGING[:4]:
        q, g = np.arange(50), np.r_[np.repeat(np.arange(50), 18), np.arange(10)]
        x = rng.standard_normal((50, 24))
        look = lambda ids: x[ids] + 1.5 * rng.standard_normal((len(ids), 24))
        unit = lambda f: f / np.linalg.norm(f, axis=1, keepdims=True)
        dists = [1 - unit(look(q)) @ unit(look(g)).T for _ in range(24)]
        more = dict(tolerance=-1) if a.child == 'smallest_subset' else {}
        return lambda: getattr(fusion, a.child)(dists, as_labels(q, g), **more)
    d, ids = rng.random((618, 9505), dtype=np.float32), (np.arange(618), 1000 + np.arange(9505))
    path = Path(a.folder)/'s.csv'
    if a.child == 'write_submission': return lambda: submission.write_submission(path, d, *ids)
    if a.child == 'check_submission':
        submission.write_submission(path, d, *ids)
        return lambda: submission.check_submission(path, *ids)
    with open(path, 'w') as f:
        f.write(','.join(map(str, [0, *ids[1]])) + '\n')
        for q, row in zip(ids[0], d): f.write(','.join([str(q), *('%10.5f' % v for v in row)]) + '\n')
    def refuse():
        try: submission.check_submission(path, *ids)
        except submission.ReIDError: return
        raise SystemExit('five decimals were accepted')
    return refuse


def child(a):
    call = (fusing if a.child in FUSING else judging)(a)
    before, start = now(), time.perf_counter()
    call()
    print(json.dumps(dict(seconds=time.perf_counter() - start, mb=max(0, peak() - before))))


def run(a, *args):
    "The output of this script in a process of its own, on one thread."
    env = dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[2]))
    for name in 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS': env[name] = '1'
    sizes = [f'--{n}={getattr(a, n)}' for n in ('models', 'queries', 'gallery', 'folder')]
    command = [sys.executable, __file__, *sizes, *args]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(models=24, queries=3368, gallery=15913, runs=3).items():
        p.add_argument(f'--{name}', type=int, default=value)
    p.add_argument('--folder')
    p.add_argument('--only', nargs='+', choices=FUSING + JUDGING, default=FUSING + JUDGING)
    p.add_argument('--child', choices=FUSING + JUDGING, help=argparse.SUPPRESS)
    p.add_argument('--make', type=int, help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.child: return child(a)
    if a.make is not None: return make(a)
    with tempfile.TemporaryDirectory(dir=a.folder) as a.folder:
        if set(a.only) & set(FUSING):
            for n in range(a.models): run(a, f'--make={n}')
        results = {m: [] for m in a.only}
        for n in range(a.runs):
            for m in a.only:
                if m != 'rank' or n == 0: results[m].append(json.loads(run(a, f'--child={m}')))
    median = lambda m, key: statistics.median(r[key] for r in results[m])
    one = a.queries * a.gallery * 4 / 2**20
    if set(a.only) & set(FUSING):
        print(f'{a.models} files of {a.queries} x {a.gallery} ({one:.0f} MB), one thread, medians of {a.runs}')
        print(f'{"method":10}{"seconds":>10}{"over plain":>12}{"peak MB":>10}{"over one matrix":>17}')
    for m in FUSING:
        if m not in a.only: continue
        ratio = f'{median(m, "seconds") / median("plain", "seconds"):.2f}' if 'plain' in a.only else ''
        print(f'{m:10}{median(m, "seconds"):10.2f}{ratio:>12}{median(m, "mb"):10.0f}{median(m, "mb") / one:17.2f}')
    if set(a.only) & set(JUDGING): print(f'{"24 models of 50 x 910; a file of 618 x 9505":45}{"seconds":>10}{"MB":>8}')
    for m in JUDGING:
        if m in a.only: print(f'{m:45}{median(m, "seconds"):10.2f}{median(m, "mb"):8.0f}')


if __name__ == '__main__': main()
