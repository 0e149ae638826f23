/** The vector of narinfo.md sections 2 and 4: written and signed by real Nix 2.8. */
import { parseNarInfo } from '../../src/narinfo/parse.ts';
import type { NarInfo } from '../../src/narinfo/path-info.ts';

export const SECRET =
  'vector-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==';
export const PUBLIC = 'vector-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=';

export const A_PATH = '/nix/store/8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt';
export const A_FINGERPRINT = `1;${A_PATH};sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw;120;`;
export const A_SIGNATURE =
  'vector-1:Q8MDv7SJsQJp2stn8xJlcusyzvPkA/2zPMfHmxswOgnWbil0LZGfTsj18TXmIZ2WYTHV58aifhH3y9JLI1HZDQ==';

export const B_PATH = '/nix/store/066q1npcw1gx13ini06wh80ir4ma4hhz-b.txt';
export const B_FINGERPRINT = `1;${B_PATH};sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z;168;${A_PATH}`;
export const B_SIGNATURE =
  'vector-1:lmyUHYyX3g+y403TfOxLNVkvWbe33jLwtbkKVa8ymhyrR4fzeKbcodonELru+Udtq4Lr5wocvyajkpy7TD1hBQ==';
export const B_NARINFO = `StorePath: ${B_PATH}
URL: nar/1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z.nar
Compression: none
FileHash: sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z
FileSize: 168
NarHash: sha256:1ysic097p955gkswy78jwlk8alffyrcaav266v290vk5jm4nax0z
NarSize: 168
References: 8hb1zapwkfr1j7zmxj7s7wj2pgci7zjm-a.txt
Sig: ${B_SIGNATURE}
CA: text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c
`;
export const B_INFO: NarInfo = parseNarInfo(B_NARINFO);
