import type { Backend } from '../backend/backend';
import { Cache } from '../clusters/cache';
import type { PairDetail } from '../ipc/generated/PairDetail';
import type { PairPage } from '../ipc/generated/PairPage';
import type { PairRow } from '../ipc/generated/PairRow';
import type { Notices } from '../app/notices.svelte';
import type { Session } from '../study/session.svelte';

const pageSize = 100;

/** The parts of the Pairs room. */
export type PairsPanel = 'table' | 'split' | 'keywords';

/** What is marked in the texts of the drawer. */
export type DrawerMarks = 'differences' | 'heat';

/** The pairs table, fetched page by page, and single pairs in full. */
export class Pairs {
  panel = $state<PairsPanel>('table');
  query = $state('');
  /** Pairs that match the search; null until known. */
  total = $state<number | null>(null);
  /** The line that the keyboard is on. */
  active = $state(0);
  /** The pair open in the drawer, by its position in the data set. */
  open = $state<number | null>(null);
  marks = $state<DrawerMarks>('differences');
  private pages = $state.raw<ReadonlyMap<number, PairRow[]>>(new Map());
  private shownFor = '';
  private readonly fetched = new Cache<PairPage>(200);
  private readonly details = new Cache<PairDetail>(500);

  constructor(
    private readonly backend: Backend,
    private readonly session: Session,
    private readonly notices: Notices,
  ) {}

  /** A line of the table, if it has come. */
  row(at: number): PairRow | undefined {
    return this.pages.get(Math.floor(at / pageSize))?.[at % pageSize];
  }

  /** Fetches the lines from `first` to `last`. */
  async want(first: number, last: number): Promise<void> {
    const table = `${this.session.pairsKey ?? ''}|${this.query}`;
    if (table !== this.shownFor) {
      this.shownFor = table;
      this.pages = new Map();
      this.total = null;
      this.active = 0;
    }
    const pages: Promise<void>[] = [];
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize); page += 1) {
      if (!this.pages.has(page)) pages.push(this.fetchPage(table, page));
    }
    await Promise.all(pages);
  }

  /** A pair in full. */
  detail(index: number): Promise<PairDetail> {
    return this.details.get(`${this.session.pairsKey ?? ''}|${index}`, () => this.backend.pairDetail(index));
  }

  /** Opens the drawer. */
  show(index: number): void {
    this.open = index;
  }

  private async fetchPage(table: string, page: number): Promise<void> {
    const query = this.query;
    try {
      const result = await this.fetched.get(`${table}|${page}`, () => this.backend.pairRows(page * pageSize, pageSize, query));
      if (table !== this.shownFor) return;
      this.total = result.total;
      this.pages = new Map(this.pages).set(page, result.rows);
    } catch (thrown) {
      this.notices.error(thrown);
    }
  }
}
