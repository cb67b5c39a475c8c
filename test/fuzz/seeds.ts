/** Small models to begin with: the project's own, one of each operator and type, and the zoo beside it where there is one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

const LARGEST = 20_000;

/** `project` is the folder of package.json. */
export function readSeeds(project: string): Uint8Array[] {
  const files = ['models', 'test/oracle/signatures', '../shared/zoo', '../shared/source_models'].flatMap((folder) =>
    smallFiles(join(project, folder)),
  );
  const recorded = join(project, 'test/oracle/recorded');
  return [...files, ...readdirSync(recorded).flatMap((file) => operatorModels(readFileSync(join(recorded, file))))];
}

function smallFiles(folder: string): Uint8Array[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tflite'))
    .sort()
    .map((path) => new Uint8Array(readFileSync(join(folder, path))))
    .filter(({ length }) => length <= LARGEST);
}

/** The first two models of each type in a file of recorded answers: see test/oracle/README.md. */
function operatorModels(zip: Uint8Array): Uint8Array[] {
  const files = unzipSync(zip);
  const { cases } = JSON.parse(new TextDecoder().decode(files['cases.json'])) as {
    cases: { type: string; model: number }[];
  };
  const taken = new Map<string, number>();
  const models: Uint8Array[] = [];
  let at = 0;
  for (const { type, model } of cases) {
    const count = taken.get(type) ?? 0;
    taken.set(type, count + 1);
    if (count < 2 && model <= LARGEST) models.push(files['models.bin'].slice(at, at + model));
    at += model;
  }
  return models;
}
