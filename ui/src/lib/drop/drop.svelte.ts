import type { Backend, DropEvent } from '../backend/backend';
import type { ImportOutcome } from '../ipc/generated/ImportOutcome';
import type { Recognition } from '../ipc/generated/Recognition';
import type { Notices } from '../app/notices.svelte';
import type { Session } from '../study/session.svelte';

type NeedsColumns = Extract<ImportOutcome, { kind: 'needs-columns' }>;

/** Where that goes which has come in. */
interface Ways {
  /** Pairs, or a study. */
  arrived: () => void;
  /** The pairs have got human scores; a sentence about them. */
  scored: (sentence: string) => void;
  /** Scenarios or a direction, which the plan of steering takes. */
  toSteer: (file: Recognition) => Promise<void>;
}

/** Files held over the window, let go there, or chosen in a dialog. */
export class FileDrop {
  /** Whether files hover over the window. */
  hovering = $state(false);
  /** What they are; null while being looked at. */
  recognised = $state.raw<Recognition[] | null>(null);
  /** A table whose columns the person has to name. */
  columns = $state.raw<NeedsColumns | null>(null);
  private hover = 0;
  /** Human scores that came with pairs whose columns are asked for. */
  private scores: Recognition | null = null;

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly notices: Notices,
    private readonly ways: Ways,
  ) {}

  handle = (event: DropEvent): void => {
    switch (event.kind) {
      case 'enter':
        this.hovering = true;
        void this.look(event.paths);
        return;
      case 'over':
        this.hovering = true;
        return;
      case 'leave':
        this.clear();
        return;
      case 'drop':
        this.clear();
        void this.open(event.paths);
    }
  };

  /** Opens files of any kind: a study or one pairs file, human scores of those or the present pairs, and any number of model folders. */
  async open(paths: string[]): Promise<void> {
    this.notices.clearErrors();
    let files: Recognition[];
    try {
      files = await this.backend.recognise(paths);
    } catch (thrown) {
      return this.notices.error(thrown);
    }
    for (const file of files.filter((f) => f.kind === 'unknown')) {
      this.notices.error({ code: 'input', message: `${file.name} was not opened. ${file.sentence}`, hint: null });
    }
    for (const file of files.filter((f) => f.kind === 'model')) await this.session.addModel(file.path);
    for (const file of files.filter((f) => f.kind === 'scenarios' || f.kind === 'direction')) await this.ways.toSteer(file);
    const studies = files.filter((f) => f.kind === 'study');
    const data = files.filter((f) => f.kind === 'pairs' || f.kind === 'columns');
    // A study comes with its own pairs, so it goes first and alone.
    const [first, ...rest] = [...studies, ...data];
    for (const file of rest) {
      this.notices.error({
        code: 'input',
        message: `${file.name} was not opened, because only one study or pairs file can be open at a time.`,
        hint: 'Drop it by itself.',
      });
    }
    const [scores, ...others] = files.filter((f) => f.kind === 'scores');
    for (const file of others) {
      this.notices.error({
        code: 'input',
        message: `${file.name} was not opened, because the human scores of a study come from one file.`,
        hint: 'Put them into one table.',
      });
    }
    this.scores = scores ?? null;
    if (first?.kind === 'study') {
      if (!(await this.session.openStudy(first.path))) return this.leaveScores(first.name);
      this.ways.arrived();
    } else if (first && !(await this.import(first.path, null))) {
      // what becomes of the scores is seen once the columns are named
      return this.columns ? undefined : this.leaveScores(first.name);
    }
    await this.importScores();
  }

  /** Imports the table whose columns were asked for. */
  async choose(positive: string, negative: string, prompt: string | null): Promise<void> {
    const asked = this.columns;
    this.columns = null;
    if (!asked) return;
    if (await this.import(asked.path, { positive, negative, prompt })) await this.importScores();
    else this.leaveScores(asked.path.split(/[\\/]/).pop() ?? asked.path);
  }

  private async import(path: string, columns: { positive: string; negative: string; prompt: string | null } | null): Promise<boolean> {
    const outcome = await this.session.importPairs(path, columns);
    if (outcome?.kind === 'needs-columns') this.columns = outcome;
    if (outcome?.kind === 'imported') this.ways.arrived();
    if (outcome?.kind === 'scored') this.ways.scored(outcome.sentence);
    return outcome?.kind === 'imported';
  }

  /** Says that scores were not taken because what they belong to was not. */
  private leaveScores(owner: string): void {
    const { scores } = this;
    this.scores = null;
    if (!scores) return;
    this.notices.error({ code: 'input', message: `${scores.name} was not opened, because ${owner} was not.`, hint: null });
  }

  private async importScores(): Promise<void> {
    const { scores } = this;
    this.scores = null;
    if (scores) await this.import(scores.path, null);
  }

  private async look(paths: string[]): Promise<void> {
    this.hover += 1;
    const hover = this.hover;
    this.recognised = null;
    try {
      const files = await this.backend.recognise(paths);
      if (hover === this.hover) this.recognised = files;
    } catch (thrown) {
      if (hover === this.hover) this.notices.error(thrown);
    }
  }

  private clear(): void {
    this.hover += 1;
    this.hovering = false;
    this.recognised = null;
  }
}
