using Orleans;
using Orleans.Concurrency;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;
using Journal = PatientGrains.Log.PatientJournal<PatientGrains.Core.Record.PatientRecord, PatientGrains.Core.Record.Event>;

namespace PatientGrains.Grains;

/// <summary>
/// Hosts one record on its journal: commands go in, what is durable comes out. Reentrant, so that requests share commits; the journal
/// decides one after the other. When the journal loses its place in the log, this activation ends and the next one starts from what is
/// durable.
/// </summary>
public abstract class RecordGrain(RecordHost host) : Grain
{
    private Journal? _journal;

    /// <summary>Name of the log.</summary>
    protected abstract string LogName { get; }

    private Journal OpenJournal => _journal ?? throw new InvalidOperationException("The grain is not active.");

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _journal = await host.Open(LogName, cancellationToken);
        _ = EndWhenLost(_journal);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _journal?.Dispose();
        return Task.CompletedTask;
    }

    public async Task<Outcome> Ask(Command command)
    {
        using var span = Telemetry.Start(command);
        try
        {
            return Telemetry.Done(span, await Decide(command));
        }
        catch (LogException failure) when (Refusals.For(failure) is { } refused)
        {
            return Telemetry.Done(span, refused);
        }
    }

    public async Task<Outcome> Transact(Transaction transaction)
    {
        using var span = Telemetry.Start("transaction");
        return Telemetry.Done(span, await CommitAll(transaction));
    }

    private async Task<Outcome> CommitAll(Transaction transaction)
    {
        var parts = new TransactionParts(name => RecordNames.GrainOf(GrainFactory, name));
        bool committed = false;
        try
        {
            if (await parts.Prepare(transaction.Others) is { } refused)
                return refused;
            var own = await Decide(transaction.Own, parts.Commits);
            committed = own is Accepted { Repeated: false };
            // Taken before, and yet prepared anew elsewhere: by an activation that was overtaken, whose answer is not the one of then.
            if (own is Accepted { Repeated: true } && !await parts.Settle(committed: false))
                return new Refused(Rule.Interrupted);
            return own is Accepted accepted ? parts.Join(accepted) : own;
        }
        catch (LogException failure) when (Refusals.For(failure) is { } refused)
        {
            return refused;
        }
        finally
        {
            await parts.Settle(committed);
        }
    }

    public async Task<Preparation> Prepare(Submit submit)
    {
        using var span = Telemetry.Start("prepare");
        try
        {
            var (outcome, prepared) = await OpenJournal.Prepare(state => Decided(state, submit), Commits);
            return prepared is null
                ? new Preparation("", await new Completion(OpenJournal).Fill(outcome, submit), default)
                : new Preparation(prepared.Id, outcome, new Blob(prepared.Bytes));
        }
        catch (LogException failure) when (Refusals.For(failure) is { } refused)
        {
            return new Preparation("", refused, default);
        }
    }

    public async Task<bool> Settle(string preparation, bool committed)
    {
        var journal = OpenJournal;
        bool isNewest = await journal.Settle(preparation, committed);
        // An abandoned preparation loses the journal. Who asks after this answer must find the next activation, not one that is about to
        // end.
        if (journal.Lost.IsFaulted)
            DeactivateOnIdle();
        return isNewest;
    }

    private async Task<Outcome> Decide(Command command, IReadOnlyList<PreparedCommit>? with = null)
    {
        IReadOnlyList<Event> events = [];
        var outcome = await OpenJournal.Execute(
            state =>
            {
                var decided = Decided(state, command);
                events = decided.Events;
                return decided;
            },
            with ?? [], Commits);
        Happened(events);
        return await new Completion(OpenJournal).Fill(outcome, command);
    }

    /// <summary>These events of a decision are durable.</summary>
    protected virtual void Happened(IReadOnlyList<Event> events)
    {
    }

    private Decided<Event, Outcome> Decided(PatientRecord record, Command command)
    {
        var decision = RecordDecider.Decide(record, command, host.Facts(LogName));
        // A repeat says what is in the log for ever; whoever finds no line for a subscriber, or nothing due, may not know the newest.
        return new Decided<Event, Outcome>(decision.Events, decision.Outcome, MustBeNewest: decision.Outcome is not Accepted);
    }

    private static bool Commits(Outcome outcome) => outcome is Accepted { Repeated: false };

    private async Task EndWhenLost(Journal journal)
    {
        try
        {
            await journal.Lost;
        }
        catch (JournalLostException)
        {
            DeactivateOnIdle();
        }
    }
}

/// <inheritdoc cref="IPatientGrain"/>
[Reentrant]
public sealed class PatientGrain(RecordHost host) : RecordGrain(host), IPatientGrain
{
    protected override string LogName => "Patient/" + this.GetPrimaryKeyString();

    protected override void Happened(IReadOnlyList<Event> events)
    {
        Telemetry.Happened(events);
        AlertHints.Publish(this, this.GetPrimaryKeyString(), events);
    }
}

/// <inheritdoc cref="IDirectoryGrain"/>
[Reentrant]
public sealed class DirectoryGrain(RecordHost host) : RecordGrain(host), IDirectoryGrain
{
    protected override string LogName => this.GetPrimaryKeyString();
}

/// <inheritdoc cref="ISecurityGrain"/>
[Reentrant]
public sealed class SecurityGrain(RecordHost host) : RecordGrain(host), ISecurityGrain
{
    protected override string LogName => SecurityLog.NameOf(this.GetPrimaryKeyString());
}
