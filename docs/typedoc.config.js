/**
 * The API documentation: one module for each subpath of package.json, and the guide.
 *
 *     npm run docs
 */
import { readFileSync } from 'node:fs';
import { Converter, ReflectionKind } from 'typedoc';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Public name by source file, such as `src/nar/index.ts` -> `narkit/nar`. */
const entries = new Map();
for (const [subpath, conditions] of Object.entries(manifest.exports)) {
  if (typeof conditions === 'string') continue;
  entries.set(conditions['@narkit/source'].slice(2), manifest.name + subpath.slice(1));
}
// The front door comes last: what it hands on is documented where it belongs, and linked here.
const [frontDoor, ...subpaths] = entries.keys();

/** Calls modules as importers do. */
function publicNames(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    const file = reflection.sources?.[0]?.fileName ?? '';
    const name = entries.get(file.slice(file.indexOf('src/')));
    if (reflection.kindOf(ReflectionKind.Module) && name !== undefined) reflection.name = name;
  });
}

// biome-ignore lint/style/noDefaultExport: typedoc asks for it
export default {
  name: manifest.name,
  entryPoints: [...subpaths, frontDoor].map((file) => `../${file}`),
  tsconfig: 'tsconfig.json',
  basePath: '..',
  plugin: [publicNames],
  readme: '../README.md',
  projectDocuments: [
    'guide/getting-started.md',
    'guide/publishing.md',
    'guide/fetching.md',
    'guide/stores.md',
    'guide/nix-daemon.md',
    'guide/spool.md',
    'guide/codecs.md',
    'guide/formats.md',
    'guide/differences.md',
    'guide/post-build-hook.md',
    'guide/post-build-hook-queued.md',
    'guide/performance.md',
    'guide/errors.md',
    '../CHANGELOG.md',
  ],
  out: 'api',
  disableGit: true,
  sourceLinkTemplate: '{path}',
  excludeInternal: true,
  excludePrivate: true,
  githubPages: false,
  highlightLanguages: ['typescript', 'javascript', 'ini', 'shellscript', 'text'],
  sort: ['source-order'],
  sortEntryPoints: false,
  validation: {
    invalidLink: true,
    invalidPath: true,
    notExported: true,
    notDocumented: true,
    rewrittenLink: true,
  },
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Enum', 'Module'],
  treatWarningsAsErrors: true,
};
