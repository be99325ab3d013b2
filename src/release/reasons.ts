/**
 * The one list of reason codes. `why` says what happened in general, `remedy` what to do; the particulars stand in
 * the release's own summary. `docs/reason-codes.md` is checked against it.
 */
export const REASONS = {
  'all-gates-passed': {
    why: 'Every configured stage passed and the new version was read back.',
    remedy: 'Nothing to do.',
  },
  'dry-run': {
    why: 'Dry run: everything that only reads was evaluated, nothing was moved or recorded.',
    remedy: 'Run again without `dry-run` to release.',
  },
  replayed: {
    why: 'Recorded samples were judged by the plan as it is now; nothing was moved or recorded.',
    remedy: 'Nothing to do. Change margins and limits and replay again, until they decide as they should.',
  },
  'already-in-service': {
    why: 'The version asked for is the one in service.',
    remedy: 'Nothing to do. Give another `version` or `sha` to release something else.',
  },
  'no-change': {
    why: 'No file under the plan’s `paths` changed since the last promoted commit.',
    remedy: 'Nothing to do. Widen `paths` if the change does belong to this service.',
  },
  'own-rollback': {
    why: 'The commit is the rollback commit of an earlier release; releasing it would undo nothing.',
    remedy: 'Nothing to do. The old version is in service already.',
  },
  'input-invalid': {
    why: 'An input of the step is missing or has a value that is not allowed.',
    remedy: 'Correct the inputs named in the message.',
  },
  'token-missing': {
    why: 'There is no token to reach GitHub with.',
    remedy: 'Leave the input `token` at its default, or give it a token that may write contents.',
  },
  'plan-missing': {
    why: 'There is no plan file and no `promote` input.',
    remedy:
      'Add the plan file to the repository, check out the repository before this step, or give `promote`.',
  },
  'plan-invalid': {
    why: 'The plan cannot be carried out as it is written.',
    remedy: 'Correct every problem named in the message; each has its path and line.',
  },
  'variable-missing': {
    why: 'The plan names an environment variable that is not set.',
    remedy: 'Set the variable in the `env` of the step, from a secret or a variable of the repository.',
  },
  'untrusted-trigger': {
    why: 'The event may not start a release: it does not come from a finished push run of this repository.',
    remedy: 'Start the release by push, tag or dispatch, or by `workflow_run` after a successful push run.',
  },
  'unsupported-event': {
    why: 'The event names no commit that can be released.',
    remedy:
      'Use `push`, `workflow_dispatch`, `release`, `repository_dispatch`, `schedule` or `workflow_run`, or give the commit in the input `sha`.',
  },
  'commit-unknown': {
    why: 'The repository has no such commit.',
    remedy: 'Give a full SHA of a commit that was pushed to this repository.',
  },
  'checkout-differs': {
    why: 'The workspace does not hold the commit that is to be released.',
    remedy: 'Check out that commit (`actions/checkout` with `ref`) in a step before this one.',
  },
  'permission-missing': {
    why: 'The token may not do what the release cannot go without.',
    remedy: 'Give the job `permissions: contents: write`; on a fork a release is not possible.',
  },
  busy: {
    why: 'Another run is releasing this service in this environment.',
    remedy: 'Wait until that run has ended, then start again.',
  },
  'ledger-missing': {
    why: 'GitHub has deployments of ours for this environment, but the branch that records them is gone.',
    remedy:
      'Put the branch back (docs/surviving.md, “Mend the record”); or start a new record by dispatch with `override: ledger` and a reason.',
  },
  'ledger-refused': {
    why: 'A rule of the repository refuses writes to the ledger branch.',
    remedy: 'Exclude `gated-release/**/*` from that branch rule or ruleset.',
  },
  'ledger-invalid': {
    why: 'The ledger holds something that cannot be, or its history was rewritten.',
    remedy:
      'Put the last good commit back (docs/surviving.md, “Mend the record”), then start again; or start a new record by dispatch with `override: ledger` and a reason.',
  },
  'ledger-unreachable': {
    why: 'GitHub did not take the record within the time allowed.',
    remedy: 'See githubstatus.com; start again when GitHub answers. Traffic was not raised without a record.',
  },
  'github-unreachable': {
    why: 'GitHub did not answer within the time allowed.',
    remedy: 'See githubstatus.com; start again when GitHub answers.',
  },
  'cannot-recover': {
    why: 'An earlier release was left unfinished, and this plan lacks what is needed to bring it to safety.',
    remedy: 'Start again with the plan and the variables that release had.',
  },
  'recovery-failed': {
    why: 'An earlier release was left unfinished and could not be brought to safety.',
    remedy:
      'See in its record or incident what was done and what is left; look at the service by hand, and start again when traffic is on one version.',
  },
  'gates-shut': {
    why: 'Several gates are shut at once; each is named with its own reason.',
    remedy: 'See to each of them; what opens it, and who can, stands beside it.',
  },
  'window-closed': {
    why: 'A release may not begin, raise traffic or promote now: the plan’s window is closed, or a freeze holds.',
    remedy:
      'Start again when the window opens; in an emergency dispatch with `override: window` and a reason. Going back is always possible.',
  },
  'window-too-short': {
    why: 'The window would close before the steps, the watch and the timeouts of this release are over.',
    remedy:
      'Start again at the next opening that is long enough; widen the window, or shorten steps and timeouts, if there is none.',
  },
  'window-never-opens': {
    why: 'The plan’s window does not open within two years.',
    remedy: 'Correct `window` in the plan: a freeze may have the wrong year.',
  },
  'sign-off-missing': {
    why: 'People who must agree to this change have not done so yet.',
    remedy:
      'Ask those named to approve the pull request, or to comment `/approve <role> <commit>` on it; then start again.',
  },
  'sign-off-unknown': {
    why: 'Whether the change was signed off could not be found out, and what is not known opens no gate.',
    remedy: 'See what the message says could not be read; give the job `pull-requests: read`.',
  },
  'role-empty': {
    why: 'Nobody who may sign off for a role is left: it is empty, or holds only the author of the change.',
    remedy: 'Name more people in `approvals[].from`, or set `self: true` for the role.',
  },
  'team-unreadable': {
    why: 'A team that the plan names could not be read, so that its members are not known.',
    remedy:
      'Name people instead of the team, or give the input `token` one that may read the organisation’s members; the token of a job cannot.',
  },
  'override-refused': {
    why: 'The person who asked to override gates may not.',
    remedy: 'Ask somebody whom `overrides.from` names on the default branch, or add the list there.',
  },
  'not-promoted-before': {
    why: 'The commit was not promoted in the environment that comes before, or too long ago, or was taken back there.',
    remedy: 'Release this commit there first.',
  },
  'requirement-missing': {
    why: 'Something that the plan requires is not there. Nothing was changed.',
    remedy: 'Install, set or grant what the message names, then start again.',
  },
  'checks-not-green': {
    why: 'A check that the plan requires has not succeeded on this commit.',
    remedy: 'Wait until it has ended, or mend what it names; then start again.',
  },
  'blocker-open': {
    why: 'An open issue carries a label that stops every release.',
    remedy: 'Close the issue, or take the label away, when releases may go on.',
  },
  'blockers-unknown': {
    why: 'Whether an issue stops releases could not be found out.',
    remedy: 'Give the job `issues: read`.',
  },
  'documents-missing': {
    why: 'Files were changed that ask for changes to documents, and these were not changed.',
    remedy: 'Change the documents named, in the same change or in one that is released together with it.',
  },
  'documents-unknown': {
    why: 'Which files changed since the last promoted commit could not be found out.',
    remedy: 'See whether the last promoted commit still exists in this repository.',
  },
  'plan-loosened': {
    why: 'The change takes gates away or widens them, and nobody entitled has agreed to that.',
    remedy: 'Restore the gates named, or have those named approve the change.',
  },
  'change-passes': {
    why: 'Nothing stands against the change that the change itself must mend.',
    remedy: 'See the preview for what its release will do, and what it will wait for.',
  },
  'not-affected': {
    why: 'The change touches no service that a plan here releases.',
    remedy: 'Nothing to do.',
  },
  quarantined: {
    why: 'The commit contains a change that an earlier release took back, and not its rollback.',
    remedy:
      'Release a commit that contains the rollback commit, or one whose message says `Fixes-Release: <id>`; or dispatch with `override: quarantine` and a reason.',
  },
  parked: {
    why: 'The release waits at the weight of its step, without a runner, until its next look is due.',
    remedy: 'Nothing to do, if `command: resume` is run on a schedule. It goes on by itself.',
  },
  'park-expired': {
    why: 'The release was parked for longer than `canary.park.at-most` allows.',
    remedy: 'See that `command: resume` is run as often as `look-every` says; then release again.',
  },
  'plan-changed': {
    why: 'The plan is not the one under which the parked release began, so that it could only be taken back.',
    remedy: 'Release again, under the new plan.',
  },
  'nothing-to-resume': {
    why: 'No release is unfinished, or the run that carries it out is alive.',
    remedy: 'Nothing to do.',
  },
  'status-read': {
    why: 'The state of the services was read from their ledgers; nothing was changed.',
    remedy: 'Nothing to do, unless something is under way that nobody holds: then run `command: resume`.',
  },
  'nothing-to-roll-back': {
    why: 'There is no promoted release, or none as asked for, that could be taken back.',
    remedy: 'See the ledger for the versions that were promoted, and name one of them in `version` or `sha`.',
  },
  'rollback-asked': {
    why: 'A person asked for the rollback.',
    remedy: 'See the reason given. The change waits in quarantine until it is fixed.',
  },
  superseded: {
    why: 'A newer release took the place of this one.',
    remedy: 'Nothing to do. Its traffic is back, and the newer release goes on.',
  },
  irreversible: {
    why: 'The release changes what cannot be taken back (`rollback.irreversible-when`).',
    remedy: 'Decide by hand now: mend forward with a new release, or restore by the emergency plan.',
  },
  'rollback-waits': {
    why: 'The rollback is a pull request, and the old version comes back only when it is merged.',
    remedy: 'Review and merge the rollback pull request now.',
  },
  'verify-failed': {
    why: 'A verification suite failed.',
    remedy: 'Mend what its last lines name, and push a new commit.',
  },
  'verify-timed-out': {
    why: 'A verification suite did not end within its timeout.',
    remedy: 'Make it faster, or raise its `timeout`.',
  },
  'tests-failed': {
    why: 'Tests failed, by the report that a verification suite wrote.',
    remedy: 'Mend the tests that the check names, each with its file and line, and push a new commit.',
  },
  'no-tests': {
    why: 'The report of a verification suite holds no test that was executed, which proves nothing.',
    remedy: 'See whether the suite finds its tests, and whether all of them are skipped.',
  },
  'findings-too-severe': {
    why: 'A scan found something as severe as `fail-on` of its suite, or more.',
    remedy:
      'Mend what the check names; or have a person suppress it in the scanner, with the reason, where that is reviewed.',
  },
  'limit-exceeded': {
    why: 'A measured value is past its limit.',
    remedy: 'Make it better, or have the limit in the plan changed and reviewed.',
  },
  'evidence-missing': {
    why: 'A verification suite left no file where its evidence was to be.',
    remedy:
      'Let the suite write its report to the place that the plan names, relative to `working-directory`.',
  },
  'evidence-stale': {
    why: 'A report is older than the run of its suite, so it says nothing about this commit.',
    remedy:
      'Remove old reports before the suite runs, keep them out of the repository, or narrow the pattern.',
  },
  'evidence-outside': {
    why: 'A report leads out of the workspace.',
    remedy: 'Let the suite write its report into the workspace itself, not through a link.',
  },
  'evidence-too-large': {
    why: 'A report is larger than is read.',
    remedy: 'Split the suite, or let it write less output into its report.',
  },
  'evidence-invalid': {
    why: 'A report cannot be read as what it should be, and what cannot be read opens no gate.',
    remedy: 'See what the message names; most often the tool was ended before it had written all of it.',
  },
  'evidence-unsupported': {
    why: 'A report is of a format, a version or an encoding that is not read.',
    remedy: 'Let the tool write JUnit XML, SARIF 2.1.0 or JSON, in UTF-8.',
  },
  'backup-failed': {
    why: 'The backup could not be taken, stored or restored.',
    remedy: 'Mend what the message names. Nothing was released.',
  },
  'backup-damaged': {
    why: 'The store gave back something else than it was given.',
    remedy: 'Check the store and the disk below it, then take the backup again. Nothing was released.',
  },
  'backup-not-identical': {
    why: 'The restored copy is not identical to the data that was backed up.',
    remedy: 'Do not trust this backup. Mend its source or its store. Nothing was released.',
  },
  'backup-not-usable': {
    why: 'The restored copy is identical, but the script that tries it out failed on it.',
    remedy:
      'See the last lines of `usable`. A migration that fails on the copy would have failed on the data.',
  },
  'backup-store-unusable': {
    why: 'The place where backups are kept cannot be used.',
    remedy:
      'Mend what the message names: its address, its password, its lock, its room. Nothing was released.',
  },
  'backup-tool-missing': {
    why: 'A program that the backup needs is not installed, or cannot read this data.',
    remedy: 'Install it by the line that the message gives, in a step before this one.',
  },
  'script-failed': {
    why: 'A script of the plan failed.',
    remedy: 'Mend the script; its last lines are in the check.',
  },
  'script-timed-out': {
    why: 'A script of the plan did not end within its timeout and was stopped.',
    remedy: 'Find out why it hangs, or raise its `timeout`.',
  },
  'canary-deploy-failed': {
    why: 'The canary could not be deployed.',
    remedy: 'Mend what the last lines of `canary.run` name.',
  },
  'not-ready': {
    why: 'The service did not answer as ready within the time allowed.',
    remedy: 'See why the version does not start; raise `within` if it is only slow to start.',
  },
  'traffic-failed': {
    why: 'Traffic could not be moved.',
    remedy: 'Mend the traffic script; it must be repeatable, and a weight of 0 must always work.',
  },
  'weight-differs': {
    why: 'The weight read back is not the one that was set.',
    remedy:
      'See whether something else moves the same traffic, and whether `traffic.read` reads the right place.',
  },
  'weight-not-zero': {
    why: 'The canary gets traffic before its release has begun.',
    remedy:
      'See what serves there, and set the weight to 0 by hand. With blue/green, `canary.traffic` must mean the idle side, which has 0 until its release.',
  },
  'metric-failed': {
    why: 'The new version is worse than the plan allows: past a limit, or past its margin beside the version in service.',
    remedy: 'See the evidence in the check of the stage; mend the change before releasing it again.',
  },
  'metric-inconclusive': {
    why: 'The evidence was not enough for a verdict, and too little evidence opens no gate.',
    remedy:
      'The evidence says how many more requests would decide: lengthen the step, raise the rate or widen the margin; or dispatch with `override: inconclusive` and a reason.',
  },
  'metric-errored': {
    why: 'A metric could not be measured, and what is not measured opens no gate.',
    remedy: 'The evidence says why: see whether the source of the metric can be reached from the runner.',
  },
  'promote-failed': {
    why: 'The promotion script failed.',
    remedy: 'Mend what the last lines of `promote` name.',
  },
  'version-differs': {
    why: 'The version in service, read back, is not the one that was promoted.',
    remedy:
      'See whether `promote` really replaces the version, and whether `in-service` asks the right place.',
  },
  'watch-failed': {
    why: 'The service was not ready while it was watched after the promotion.',
    remedy: 'See the evidence in the check of the stage.',
  },
  cancelled: {
    why: 'The run was cancelled.',
    remedy: 'Start again when ready. What had begun was taken back.',
  },
  interrupted: {
    why: 'The run was lost before the release had ended (killed, crashed, or its runner went away).',
    remedy: 'Start again when ready. What had begun was taken back.',
  },
  'lease-lost': {
    why: 'Another run took over the right to act on this service, so this one stopped.',
    remedy: 'See the run that the ledger names.',
  },
  'traffic-back-failed': {
    why: 'Traffic could not be moved back, or is not where it should be.',
    remedy: 'Move all traffic to the old version by hand now, then mend the traffic script.',
  },
  'restore-impossible': {
    why: 'The data cannot be restored: a backup, the plan’s `rollback.quiesce`, or a way to replace it is missing.',
    remedy: 'Mend what the message names, or roll back without `data: restore`. Nothing was touched.',
  },
  'data-not-restored': {
    why: 'The data was not restored, or it is not known whether it was.',
    remedy:
      'Look at the data now. The message says whether the live data was touched: if not, mend what it names and dispatch the same rollback again; where commands are told, they finish or undo the swap.',
  },
  'writing-stopped': {
    why: 'What writes the data was stopped by `rollback.quiesce.on`, and may be stopped still.',
    remedy:
      'Run `rollback.quiesce.off` by hand as soon as the message allows it; the report has the command. Do not dispatch `data: restore` again for that: it restores a second time, and all that was written since is lost.',
  },
  'no-way-back': {
    why: 'The promotion was begun, and no earlier version is known that could be brought back.',
    remedy:
      'Look at the service now. Give the plan an `in-service`, so that the next release knows its way back.',
  },
  'rollback-script-failed': {
    why: 'The rollback script failed.',
    remedy: 'Bring the old version back by hand now; the last lines of the script are in the check.',
  },
  'rollback-version-differs': {
    why: 'After the rollback, the version in service is not the previous one, or cannot be read.',
    remedy: 'Look at the service now, and bring the old version back by hand.',
  },
  internal: {
    why: 'The action met a condition that it does not know.',
    remedy: 'Report it with the log of the run. Nothing was passed on the strength of it.',
  },
} as const satisfies Record<string, { why: string; remedy: string }>;

export type ReasonCode = keyof typeof REASONS;

export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];
