using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>
/// The alerts of one patient, computed again by means of its own: the two rules that the simulation's values can meet, over the current
/// versions as the log has them. No alert without its cause, none missing that has one, none kept whose cause was corrected away, no
/// escalation before its time or left out.
/// </summary>
internal sealed class AlertCheck(string log, LogImage image)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Dictionary<ResourceKey, (int Version, Measured? Value)> _current = [];
    private readonly Dictionary<int, Episode> _open = [];
    private readonly List<AlertOverridden> _silences = [];
    private readonly List<ResourceKey> _changed = [];
    private int _lines;
    private int _episodes;

    private sealed class Episode(string rule)
    {
        public string Rule { get; } = rule;
        public Severity Severity { get; set; }
        public AlertReason Reason { get; set; } = null!;
        public DateTimeOffset? EscalatesAt { get; set; }
        public int Steps { get; set; }
    }

    public void Check(DateTimeOffset end)
    {
        foreach (var logged in image.Of(log))
            Take(logged);
        foreach (var (number, episode) in _open)
        {
            if (episode.EscalatesAt < end - TimeSpan.FromMinutes(1))
                throw Wrong("due work", $"alert {number} should have escalated at {episode.EscalatesAt:O}");
        }
    }

    private void Take(LoggedEvent logged)
    {
        switch (logged.Happened)
        {
            case ResourceStored stored:
                _current[stored.Key] = (stored.Version, stored.Body.Findings.OfType<Measured>().FirstOrDefault());
                _changed.Add(stored.Key);
                break;
            case ResourceDeleted deleted:
                _current[deleted.Key] = (deleted.Version, null);
                _changed.Add(deleted.Key);
                break;
            case AlertEvent alert:
                Number(alert);
                Alerted(alert);
                break;
            case AccessRecorded:
                Decided(logged);
                _changed.Clear();
                break;
            case SubmissionAccepted accepted:
                _at = accepted.At;
                break;
        }
    }

    private DateTimeOffset _at;

    private void Number(AlertEvent alert)
    {
        if (alert.Number != ++_lines)
            throw Wrong("feed", $"the patient's line {alert.Number} follows line {_lines - 1}");
        if (alert is AlertRaised ? alert.Alert != ++_episodes : !_open.ContainsKey(alert.Alert))
            throw Wrong("cause", $"{alert.GetType().Name} of alert {alert.Alert}, which is not open");
    }

    private void Alerted(AlertEvent alert)
    {
        switch (alert)
        {
            case AlertRaised raised:
                if (_open.Values.Any(open => open.Rule == raised.Rule))
                    throw Wrong("cause", $"{raised.Rule} was raised while it was open");
                Caused(raised.Rule, raised.Severity, raised.Reason);
                _open[raised.Alert] = new Episode(raised.Rule)
                {
                    Severity = raised.Severity, Reason = raised.Reason, EscalatesAt = raised.EscalatesAt,
                };
                break;
            case AlertWorsened worsened:
                Caused(worsened.Rule, worsened.Severity, worsened.Reason);
                var open = _open[worsened.Alert];
                if (worsened.Severity <= open.Severity)
                    throw Wrong("cause", $"{worsened.Rule} worsened from {open.Severity} to {worsened.Severity}");
                (open.Severity, open.Reason, open.EscalatesAt, open.Steps) = (worsened.Severity, worsened.Reason, worsened.EscalatesAt, 0);
                break;
            case AlertWithdrawn withdrawn:
                Withdrawn(withdrawn);
                _open.Remove(withdrawn.Alert);
                break;
            case AlertOverridden overridden:
                _silences.Add(overridden);
                _open.Remove(overridden.Alert);
                break;
            case AlertClosed:
                _open.Remove(alert.Alert);
                break;
            default:
                Answered(alert, _open[alert.Alert]);
                break;
        }
    }

    private void Answered(AlertEvent alert, Episode open)
    {
        switch (alert)
        {
            case AlertAcknowledged or AlertSnoozed:
                open.EscalatesAt = null;
                break;
            case AlertResumed resumed:
                (open.EscalatesAt, open.Steps) = (resumed.EscalatesAt, 0);
                break;
            case AlertEscalated escalated:
                if (open.EscalatesAt is not { } due || escalated.At < due || escalated.Step != open.Steps + 1)
                    throw Wrong("due work", $"alert {alert.Alert} escalated to step {escalated.Step}, not due at {escalated.At:O}");
                (open.EscalatesAt, open.Steps) = (escalated.EscalatesAt, escalated.Step);
                break;
        }
    }

    /// <summary>Each criterion is a value of a version that is current, and crosses the threshold of its rule.</summary>
    private void Caused(string rule, Severity severity, AlertReason reason)
    {
        if (reason.Criteria.IsEmpty)
            throw Wrong("cause", $"{rule} names no observation");
        foreach (var criterion in reason.Criteria)
        {
            var (version, value) = _current.GetValueOrDefault(criterion.Key);
            if (version != criterion.Version || value is null || value.Value != criterion.Value || value.Variable != criterion.Variable)
                throw Wrong("cause", $"{rule} names {criterion.Key}/{criterion.Version}, which was corrected or does not say so");
            if (Judge(rule, value) < severity)
                throw Wrong("cause", $"{rule} at {severity} names {criterion.Key}/{criterion.Version}, which says {value.Value}");
        }
    }

    private void Withdrawn(AlertWithdrawn withdrawn)
    {
        var open = _open[withdrawn.Alert];
        if (!_changed.Contains(withdrawn.Corrected) || _current[withdrawn.Corrected].Version != withdrawn.CorrectedVersion)
            throw Wrong("cause", $"alert {withdrawn.Alert} was withdrawn for {withdrawn.Corrected}, which was not corrected");
        if (IsMet(open.Rule, open.Reason.AssessedAt, newest => newest.All(value => Judge(open.Rule, value) is not null)))
            throw Wrong("cause", $"alert {withdrawn.Alert} was withdrawn, although its rule is still met");
    }

    /// <summary>At the end of each submission: what must be open is, and what lost its cause is not.</summary>
    private void Decided(LoggedEvent logged)
    {
        if (_changed.Count == 0)
            return;
        foreach (var (number, open) in _open)
        {
            bool isCorrected = open.Reason.Criteria.Any(criterion => _changed.Contains(criterion.Key));
            bool isMet = IsMet(open.Rule, open.Reason.AssessedAt, newest => newest.Any(value => Judge(open.Rule, value) is not null));
            if (isCorrected && !isMet)
                throw Wrong("cause", $"alert {number} stays open at event {logged.Seq}, although its cause was corrected away");
        }
        foreach (string rule in new[] { "lactate", "critical-potassium-high", "critical-potassium-low" })
            Missed(rule, logged);
    }

    private void Missed(string rule, LoggedEvent logged)
    {
        if (!_changed.Any(key => _current[key].Value is { } value && value.Variable == VariableOf(rule)))
            return;
        var present = Values(_at).Select(value => value.At).DefaultIfEmpty().Max();
        var newest = Newest(rule, present);
        if (newest.Length == 0 || _at - newest[0].At >= Day || present - newest[0].At > StandsFor(rule))
            return;
        var least = newest.Min(value => Judge(rule, value) ?? 0);
        bool isSilenced = _silences.Any(silence => silence.Rule == rule && _at < silence.Until && least <= silence.Severity);
        bool isOpen = _open.Values.Any(open => open.Rule == rule && open.Severity >= least);
        if (least > 0 && !isSilenced && !isOpen)
            throw Wrong("cause", $"{rule} is not raised at event {logged.Seq}, although its newest value is {newest[0].Value}");
    }

    private bool IsMet(string rule, DateTimeOffset at, Func<Measured[], bool> judge) =>
        Newest(rule, at) is { Length: > 0 } newest && at - newest[0].At <= StandsFor(rule) && judge(newest);

    /// <summary>The newest values at a time; several when they are of one time.</summary>
    private Measured[] Newest(string rule, DateTimeOffset at)
    {
        Measured[] known = [.. Values(at).Where(value => value.Variable == VariableOf(rule))];
        return known.Length == 0 ? [] : [.. known.Where(value => value.At == known.Max(other => other.At))];
    }

    private IEnumerable<Measured> Values(DateTimeOffset until) =>
        _current.Values.Select(current => current.Value).OfType<Measured>().Where(value => value.At <= until);

    /// <summary>A lactate is taken again within hours, potassium daily.</summary>
    private static TimeSpan StandsFor(string rule) => rule == "lactate" ? TimeSpan.FromHours(6) : Day;

    private static Variable VariableOf(string rule) => rule == "lactate" ? Variable.Lactate : Variable.Potassium;

    private static Severity? Judge(string rule, Measured value) => rule switch
    {
        "lactate" => value.Value >= 4 ? Severity.Urgent : value.Value > 2 ? Severity.Warning : null,
        "critical-potassium-high" => value.Value > 6.2m ? Severity.Urgent : null,
        "critical-potassium-low" => value.Value < 2.8m ? Severity.Urgent : null,
        _ => null,
    };

    private CheckFailedException Wrong(string checker, string what) => new(checker, $"{log}: {what}");
}
