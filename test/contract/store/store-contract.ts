import { callContract } from './call-contract.ts';
import type { StoreHarness } from './harness.ts';
import { heartbeatContract } from './heartbeat-contract.ts';
import { incidentContract } from './incident-contract.ts';
import { intakeContract } from './intake-contract.ts';
import { lineageContract } from './lineage-contract.ts';
import { noticeContract } from './notice-contract.ts';
import { otherContract } from './other-contract.ts';
import { runContract } from './run-contract.ts';
import { runListContract } from './run-list-contract.ts';

/** What every form of the store must do. */
export function storeContract(harness: StoreHarness): void {
  intakeContract(harness);
  incidentContract(harness);
  runContract(harness);
  runListContract(harness);
  otherContract(harness);
  lineageContract(harness);
  callContract(harness);
  noticeContract(harness);
  heartbeatContract(harness);
}
