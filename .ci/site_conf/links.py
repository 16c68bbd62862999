"`links.py SITE`: every link, anchor and picture in a built site leads somewhere. Addresses elsewhere are only listed."
import re, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

class Links(HTMLParser):
    "A page's links and the places in it that can be linked to."
    def __init__(self, page):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(page.read_text(encoding='utf-8'))
    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ('id', 'name') and value: self.ids.add(value)
            if name in ('href', 'src') and value: self.links.append(value)

site = Path(sys.argv[1]).resolve()
pages = {p: Links(p) for p in sorted(site.rglob('*.html'))}
links = [(p, link) for p, found in pages.items() for link in found.links]
for p in [*site.rglob('*.md'), site/'llms.txt']:
    prose = re.sub(r'```.*?```|`[^`\n]*`', '', p.read_text(encoding='utf-8'), flags=re.S)
    links += [(p, link) for link in re.findall(r'\]\(([^)\s]+)\)', prose)]

bad, away = [], set()
for page, link in links:
    url = urlsplit(link)
    if url.scheme in ('http', 'https', 'mailto'): away.add(link)
    if url.scheme or url.netloc: continue
    to = (page.parent/unquote(url.path)).resolve() if url.path else page
    if to.is_dir(): to /= 'index.html'
    lost = not to.exists() or not to.is_relative_to(site)
    if not lost and url.fragment and to in pages: lost = unquote(url.fragment) not in pages[to].ids
    if lost: bad.append(f'broken link in {page.relative_to(site)}: {link}')

print(f'{len(pages)} pages, {len(links)} links; not looked up:', *sorted(away), sep='\n  ')
print(*bad, sep='\n', end='\n' if bad else '')
sys.exit(bool(bad))
