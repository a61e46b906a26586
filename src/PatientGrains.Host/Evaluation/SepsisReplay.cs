using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Host.Evaluation;

/// <summary>What a rule said in an hour of a stay.</summary>
/// <param name="Score">Null when it has none or nothing is known.</param>
/// <param name="Severity">Null when it is not met.</param>
/// <param name="OpenSince">The row in which the episode that is open was raised; null when none is open.</param>
/// <param name="Raised">Alerts raised in this hour.</param>
internal readonly record struct RuleHour(decimal? Score, Severity? Severity, int? OpenSince, int Raised);

/// <summary>A stay as it went through the record.</summary>
/// <param name="Hours">By rule, in the order in which they were given, then by row.</param>
/// <param name="Fresh">Hours in which a variable was fresh.</param>
/// <param name="Measured">Values that were used.</param>
/// <param name="Doubted">Values that were set aside as implausible.</param>
internal sealed record ReplayedStay(
    SepsisStay Stay, ImmutableArray<ImmutableArray<RuleHour>> Hours, ImmutableDictionary<Variable, int> Fresh, int Measured, int Doubted);

/// <summary>
/// Submits a stay hour by hour to a record of its own, as a gateway would: every decision and every fold is the engine's, the clock is the
/// stay's, and what falls due between two hours (episodes that end for want of values) is done when it is due.
/// </summary>
internal sealed class SepsisReplay
{
    private static readonly Requester Ward = new()
    {
        Subject = "evaluation", Roles = [Role.Integrator], Purpose = "TREAT", Source = "local",
    };

    private static readonly Blob NoTerms = new(new TermWriter().ToTerms().Bytes);

    private readonly PatientRecord _record = new();
    private readonly ImmutableArray<ScreeningRule> _rules;
    private readonly int?[] _openSince;
    private readonly int[] _raised;

    private SepsisReplay(ImmutableArray<ScreeningRule> rules)
    {
        _rules = rules;
        _openSince = new int?[rules.Length];
        _raised = new int[rules.Length];
    }

    public static ReplayedStay Run(SepsisStay stay, ImmutableArray<ScreeningRule> rules) => new SepsisReplay(rules).Run(stay);

    private ReplayedStay Run(SepsisStay stay)
    {
        var hours = _rules.Select(_ => ImmutableArray.CreateBuilder<RuleHour>(stay.Hours.Length)).ToArray();
        var fresh = ImmutableDictionary.CreateBuilder<Variable, int>();
        var birth = DateOnly.FromDateTime(SepsisStay.Admission.Date).AddYears(-stay.AgeYears);
        Say(0, SepsisStay.Admission, new("Patient", "p"), [new Born { On = birth }]);
        for (int row = 0; row < stay.Hours.Length; row++)
        {
            var hour = stay.Hours[row];
            var now = SepsisStay.TimeOf(hour.IcuHour);
            Array.Clear(_raised);
            Wake(row, now);
            Say(row, now, new("Observation", $"hour-{hour.IcuHour}"), hour.Findings);
            for (int rule = 0; rule < _rules.Length; rule++)
                hours[rule].Add(HourOf(rule, now));
            foreach (var variable in Enum.GetValues<Variable>())
            {
                if (_record.Chart.Fresh(variable, now) is not null)
                    fresh[variable] = fresh.GetValueOrDefault(variable) + 1;
            }
        }
        return new ReplayedStay(
            stay, [.. hours.Select(of => of.ToImmutable())], fresh.ToImmutable(),
            stay.Hours.Sum(hour => hour.Findings.Count(finding => finding is Measured)),
            stay.Hours.Sum(hour => hour.Findings.Count(finding => finding is Doubted)));
    }

    private RuleHour HourOf(int rule, DateTimeOffset now)
    {
        // Whom a rule is not about it says nothing of, as in the record itself.
        var said = _record.Chart.AgeAt(now) < _rules[rule].MinimumAge ? Assessment.None : _rules[rule].Assess(_record.Chart, now);
        return new RuleHour(said.Score, said.Severity, _openSince[rule], _raised[rule]);
    }

    private void Say(int row, DateTimeOffset now, ResourceKey key, ImmutableArray<Finding> findings)
    {
        string json = $$"""{"resourceType":"{{key.Type}}","id":"{{key.Id}}"}""";
        Do(row, now, new Submit
        {
            Who = Ward,
            MessageId = key.ToString(),
            Digest = new Blob(SHA256.HashData(Encoding.UTF8.GetBytes(json))),
            Interaction = "update",
            Changes =
            [
                new Change
                {
                    Kind = ChangeKind.Update,
                    Key = key,
                    Body = new StatementBody
                    {
                        Json = new Blob(Encoding.UTF8.GetBytes(json)), MetaAt = json.Length - 1, MetaLength = 0, Terms = NoTerms,
                        Extractor = 1, Findings = findings,
                    },
                },
            ],
        });
    }

    private void Wake(int row, DateTimeOffset until)
    {
        DateTimeOffset? last = null;
        while (Effects.DueAt(_record) is { } due && due <= until)
        {
            if (due == last)
                throw new InvalidOperationException("What was due was done and is still due.");
            Do(row, due, new WakeUp { Who = null });
            last = due;
        }
    }

    private void Do(int row, DateTimeOffset now, Command command)
    {
        var decision = RecordDecider.Decide(_record, command, new Facts(now, $"e{_record.NextSeq}"));
        if (decision.Outcome is Refused refused)
            throw new InvalidOperationException($"The record refused an hour: {refused.Rule}.");
        foreach (var happened in decision.Events)
        {
            RecordFold.Evolve(_record, happened);
            if (happened is AlertEvent alert)
                Note(row, alert);
        }
    }

    private void Note(int row, AlertEvent alert)
    {
        for (int rule = 0; rule < _rules.Length; rule++)
        {
            if (_rules[rule].Id != alert.Rule)
                continue;
            if (alert is AlertRaised)
            {
                _raised[rule]++;
                _openSince[rule] = row;
            }
            else if (alert is AlertClosed or AlertWithdrawn)
            {
                _openSince[rule] = null;
            }
        }
    }
}
