import { NOT_FOUND, ok, refusal } from '../answers.ts';
import { bodyOf, type Call, page, type Route } from '../router.ts';
import type { Check } from '../state.ts';

/** Check runs, commit statuses, and workflows that are started by hand. */
export const CHECK_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/commits/{ref}/check-runs',
    needs: ['checks', 'read'],
    answer(call) {
      const runs = checksOf(call).filter((check) => check.isStatus !== true);
      const shapes = runs.map((check, at) => ({
        id: at + 1,
        name: check.name,
        status: check.state === 'pending' ? 'in_progress' : 'completed',
        conclusion: check.state === 'pending' ? null : check.state,
        html_url: check.url ?? null,
        details_url: check.url ?? null,
      }));
      return page(call, shapes, (list) => ({ total_count: shapes.length, check_runs: list }));
    },
  },
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/commits/{ref}/status',
    needs: ['statuses', 'read'],
    answer(call) {
      const statuses = checksOf(call)
        .filter((check) => check.isStatus === true)
        .map((check) => ({ context: check.name, state: check.state, target_url: check.url ?? null }));
      const has = (...states: readonly string[]): boolean =>
        statuses.some(({ state }) => states.includes(state));
      // Without any status GitHub says `pending`.
      const state = has('failure', 'error')
        ? 'failure'
        : statuses.length === 0 || has('pending')
          ? 'pending'
          : 'success';
      return page(call, statuses, (list) => ({
        state,
        sha: call.params['ref'],
        total_count: statuses.length,
        statuses: list,
      }));
    },
  },
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/actions/workflows/{file}/dispatches',
    needs: ['actions', 'write'],
    async answer(call) {
      const file = call.params['file']!;
      const { ref, inputs = {} } = bodyOf(call);
      if (!call.repository.workflows.has(file)) return NOT_FOUND;
      if ((await call.repository.git.resolve(`refs/heads/${String(ref)}`)) === undefined) {
        return refusal(422, `No ref found for: ${String(ref)}`);
      }
      call.repository.dispatches.push({
        workflow: file,
        ref: String(ref),
        inputs: inputs as Readonly<Record<string, unknown>>,
      });
      return { status: 204 };
    },
  },
  {
    method: 'GET',
    path: 'rate_limit',
    answer: () => ok({ resources: { core: { limit: 5000, remaining: 4999, reset: 0, used: 1 } } }),
  },
];

function checksOf({ repository, params }: Call): readonly Check[] {
  return repository.checks.get(params['ref']!) ?? [];
}
