using System.Globalization;
using Orleans.Runtime;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Actors;

/// <summary>Asks until it is answered for good, under the same message id, as the contract of every front says.</summary>
internal abstract class Client : Node
{
    private readonly Router _router;
    private Attempt? _attempt;
    private int _requests;

    protected Client(Town town, string name)
        : base(town.World, name)
    {
        Town = town;
        _router = new Router(town.Cluster, this, () => _attempt!.CameOnce = false);
    }

    protected Town Town { get; }

    /// <summary>Does things until the town rests.</summary>
    public async Task Live()
    {
        try
        {
            for (int left = World.Random.Next(5, 40); left > 0 && !Town.IsEvening; left--)
            {
                await Task.WhenAny(Pause(Town.Think()), Town.Evening);
                if (!Town.IsEvening)
                    await DoSomething();
            }
            Town.WentHome(this);
        }
        catch (Exception failure)
        {
            World.Fail(failure);
        }
    }

    protected abstract Task DoSomething();

    protected Task<Outcome?> Ask(string log, Command command) =>
        Do(new Operation { Client = Name, Log = log, Command = command }, mayGiveUp: true);

    protected async Task<Outcome?> Do(Operation operation, bool mayGiveUp)
    {
        Town.Ledger.Operations.Add(operation);
        operation.BegunAt = World.Step;
        while (true)
        {
            if (await Try(operation) is { } answer)
            {
                operation.Outcome = answer;
                operation.EndedAt = World.Step;
                return answer;
            }
            if (mayGiveUp && !Town.IsEvening && World.Chance(0.03))
            {
                operation.IsGivenUp = true;
                Say("gives up");
                return null;
            }
            await Pause(World.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5)));
        }
    }

    /// <returns>Null when it must be asked again.</returns>
    private async Task<Outcome?> Try(Operation operation)
    {
        var attempt = new Attempt
        {
            RequestId = string.Create(CultureInfo.InvariantCulture, $"{Name}-{++_requests}"), SentAt = World.Step,
        };
        operation.Attempts.Add(_attempt = attempt);
        Say($"{attempt.RequestId} {Describe.Request(operation)}");
        try
        {
            var outcome = await Send(operation, attempt.RequestId);
            attempt.Outcome = outcome;
            attempt.AnsweredAt = World.Step;
            Say($"{attempt.RequestId} -> {Describe.Outcome(outcome)}");
            return outcome is Refused { Rule: Rule.Busy or Rule.Interrupted or Rule.StorageFull } ? null : outcome;
        }
        catch (Exception failure)
        {
            Say($"{attempt.RequestId} -> {failure.GetType().Name}");
            if (failure is not (TimeoutException or SiloUnavailableException or LogException))
                Town.Ledger.Surprises.Add($"{attempt.RequestId} was answered with {failure}");
            return null;
        }
    }

    private Task<Outcome> Send(Operation operation, string requestId)
    {
        var grain = RecordNames.GrainOf(_router, operation.Log);
        if (operation.Transaction is not { } transaction)
            return grain.Ask(operation.Command! with { RequestId = requestId });
        return grain.Transact(new Transaction(
            transaction.Own with { RequestId = requestId },
            [.. transaction.Others.Select(other => other with { Submit = other.Submit with { RequestId = requestId } })]));
    }
}

/// <summary>What was asked and answered, in a line of the history.</summary>
internal static class Describe
{
    public static string Request(Operation operation) => operation.Command switch
    {
        Submit submit => $"{operation.Log} submit {submit.MessageId} {Changes(submit)}",
        ReadResource read => $"{operation.Log} read {read.Key}",
        ReadVersion read => $"{operation.Log} vread {read.Key}/{read.Version}",
        ReadHistory read => $"{operation.Log} history {read.Key}",
        Core.Screening.AnswerAlert answer => $"{operation.Log} {answer.GetType().Name} {answer.Alert}",
        { } other => $"{operation.Log} {other.GetType().Name}",
        null => $"{operation.Log} transaction {operation.Transaction!.Own.MessageId} {Changes(operation.Transaction.Own)} with "
            + string.Join(", ", operation.Transaction.Others.Select(other => $"{other.Log} {Changes(other.Submit)}")),
    };

    public static string Outcome(Outcome outcome) => outcome switch
    {
        Accepted accepted => $"accepted{(accepted.Repeated ? " again" : "")} "
            + string.Join(" ", accepted.Results.Select(result => $"{result.Key}/{result.Version} {result.Effect}")),
        Refused refused => $"refused {refused.Rule} {refused.Key} {refused.Version}",
        Released released => $"released {string.Join(" ", released.Versions.Select(version => $"{version.Key}/{version.Version}"))}",
        Core.Screening.AlertsReleased alerts =>
            $"alerts {string.Join(" ", alerts.Alerts.Select(alert => $"{alert.Number}:{alert.Status}"))}",
        AccessLogReleased log => $"{log.Entries.Length} entries before {log.BeforeSeq}",
        _ => outcome.GetType().Name,
    };

    private static string Changes(Submit submit) =>
        string.Join(" ", submit.Changes.Select(change => $"{change.Kind} {change.Key}{(change.IfVersion is { } v ? $" if {v}" : "")}"
            + Values(change)));

    private static string Values(Change change) => string.Concat(
        change.Body?.Findings.OfType<Core.Screening.Measured>().Select(value => $" {value.Variable} {value.Value}") ?? []);
}
