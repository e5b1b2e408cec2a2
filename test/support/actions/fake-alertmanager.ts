import type { AlertmanagerReader, AlertmanagerWriter, Notice, Silence } from '../../../src/ports/alertmanager.ts';
import { Mortal } from './mortal.ts';

/** Silences and notices in memory. */
export class FakeAlertmanager implements AlertmanagerReader, AlertmanagerWriter {
  readonly mortal = new Mortal();
  silences: Silence[] = [];
  made = 0;
  /** By labels, as Alertmanager itself tells alerts apart. */
  readonly notices = new Map<string, Notice>();

  targetOf(): string {
    return 'http/alertmanager.test:9093';
  }

  ownSilences(): Promise<readonly Silence[]> {
    return this.mortal.request(() => [...this.silences]);
  }

  silence(_source: string, silence: Omit<Silence, 'id'>): Promise<string> {
    return this.mortal.request(() => {
      this.made += 1;
      const id = `s${this.made}`;
      this.silences.push({ id, ...silence });
      return id;
    });
  }

  expire(_source: string, id: string): Promise<void> {
    return this.mortal.request(() => {
      this.silences = this.silences.filter((silence) => silence.id !== id);
    });
  }

  notify(_source: string, notice: Notice): Promise<void> {
    return this.mortal.request(() => void this.notices.set(JSON.stringify(notice.labels), notice));
  }
}
