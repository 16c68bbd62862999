"""Boxes in frames: a look-alike of SportsMOT's size read as a table, and crops decoded per second against whole frames.

    python nbs/benchmarks/boxes.py [--clips 90 --frames 300 --tracks 10 --pictures 300]

The frames are links to one JPEG of 1280 x 720 pixels. The table is read without decoding them; decoding is measured on some
of the frames, by the function that fills the cache of decoded images, and compared with decoding the same frames whole and
with opening each crop by itself.
"""
import argparse, os, tempfile, time
from pathlib import Path

import numpy as np
from PIL import Image

from reid_nb.cache import decode_images, resize_image
from reid_nb.data import list_paths, table_from_files
from reid_nb.files import Files, ReadOptions, read_below
from reid_nb.images import boxes_by_frame, open_image
import reid_nb.boxes # registers its layouts


def write(top, clips, frames, tracks):
    "MOT folders of `clips` sequences, all frames links to one picture."
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (90, 160, 3), np.uint8)
    Image.fromarray(noise).resize((1280, 720), Image.BICUBIC).save(top/'frame.jpg', quality=90)
    for clip in range(clips):
        folder = top/f'set/train/v_{clip:03d}'
        (folder/'img1').mkdir(parents=True)
        (folder/'gt').mkdir()
        for frame in range(1, frames + 1): os.link(top/'frame.jpg', folder/f'img1/{frame:06d}.jpg')
        start, step = rng.uniform(0, [1100, 500], (tracks, 2)), rng.normal(0, 1, (tracks, 2))
        lines = []
        for frame in range(1, frames + 1):
            for track, (x, y) in enumerate(start + step*frame, 1):
                lines.append(f'{frame}, {track}, {x:.0f}, {y:.0f}, 60, 140, 1, 1, 1')
        (folder/'gt/gt.txt').write_text('\n'.join(lines))
        (folder/'seqinfo.ini').write_text(f'[Sequence]\nname=v_{clip:03d}\nimDir=img1\nimWidth=1280\nimHeight=720\nimExt=.jpg\n')
    return top/'set'


def timed(what, n, unit, function):
    "Run it, print its rate, return its result."
    start, cpu = time.perf_counter(), time.process_time()
    result = function()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f'{what}: {seconds:.1f} s ({cpu:.1f} of CPU), {n/seconds:,.0f} {unit} per second ({n/cpu:,.0f} per CPU second)', flush=True)
    return result


def read_table(root, stride):
    "The table, as `read_dataset` makes it before it decodes."
    files = Files(list_paths(root, root), root, read_below(root), ReadOptions(stride=stride))
    return table_from_files(files).table


def whole_frames(root, frames):
    "Decode and resize the frames themselves, in threads, as for a data set of whole pictures."
    import pandas as pd
    return decode_images(pd.DataFrame(dict(file=frames)), root, (256, 128))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    for name, default in dict(clips=90, frames=300, tracks=10, pictures=300).items():
        parser.add_argument(f'--{name}', type=int, default=default)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), args.clips, args.frames, args.tracks)
        n = args.clips * args.frames * args.tracks
        print(f'{n:,} boxes in {args.clips * args.frames:,} frames')
        table = timed('table, every frame', n, 'boxes', lambda: read_table(root, 1))
        chosen = timed('table, stride chosen', n, 'boxes', lambda: read_table(root, 0))
        print(f'{len(table):,} rows, {table.visible.lt(0.3).sum():,} less than 30 % visible; {len(chosen):,} with the stride that is chosen')
        frames = list(boxes_by_frame(table.file))[:args.pictures]
        some = table[table.file.str.partition('#')[0].isin(frames)]
        for _ in range(2):
            timed('whole frames', len(frames), 'frames', lambda: whole_frames(root, frames))
            timed('crops, frame by frame', len(some), 'crops', lambda: decode_images(some, root, (256, 128)))
        few = some[:200]
        timed('crops, each opened by itself, one thread', len(few), 'crops',
              lambda: [resize_image(open_image(root, file), (256, 128)) for file in few.file])


if __name__ == '__main__': main()
