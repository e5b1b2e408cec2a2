import type { Problem } from './problem.ts';
import type { Path } from './template-tree.ts';
import type { PlaceDetail, YamlFile } from './yaml-file.ts';

/** Collects problems of one part of a file; paths are below that part. */
export interface Reporter {
  error(path: Path, message: string, detail?: PlaceDetail): void;
  warning(path: Path, message: string, detail?: PlaceDetail): void;
  under(...path: Path): Reporter;
  /** How many errors have been told to it and to those made from it. */
  errors(): number;
}

export function reportInto(problems: Problem[], yaml: Pick<YamlFile, 'file' | 'locate'>, base: Path = []): Reporter {
  let errors = 0;
  const at = (prefix: Path): Reporter => {
    const reportAs =
      (severity: Problem['severity']) =>
      (path: Path, message: string, detail?: PlaceDetail): void => {
        if (severity === 'error') errors++;
        problems.push({ severity, file: yaml.file, ...yaml.locate([...prefix, ...path], detail), message });
      };
    return {
      error: reportAs('error'),
      warning: reportAs('warning'),
      under: (...path) => at([...prefix, ...path]),
      errors: () => errors,
    };
  };
  return at(base);
}
