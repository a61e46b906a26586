using System.Runtime.CompilerServices;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Local.Tests;

public sealed record Note(string Text, int[] Numbers);

/// <summary>What both kinds of the test grain can do.</summary>
public interface IActor : IGrainWithStringKey
{
    Task<string> Key();
    Task<int> Add(int amount);
    Task Write(string line);
    Task Hold(string gate);
    Task<Note> Echo(Note note);
    Task Throw(string message);
    Task Leave();
    Task<Note> Mutate(Note note);
    Task CallSelf();

    [AlwaysInterleave]
    Task<int> Peek();

    [ReadOnly]
    Task Read(string gate);

    Task Tick(int dueSeconds, int periodSeconds, bool interleave, bool keepAlive);
    Task Wait(string gate, CancellationToken cancellation);
    IAsyncEnumerable<Note> Count(int to, string gate, CancellationToken cancellation = default);
}

public interface ICounter : IActor;

[Reentrant]
internal sealed class InterleavingGrain(Journal journal) : Actor(journal), IInterleaving;

public interface IInterleaving : IActor;

internal sealed class CounterGrain(Journal journal) : Actor(journal), ICounter;

internal abstract class Actor(Journal journal) : Grain
{
    int count;
    int[]? kept;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Write("activating");
        if (this.GetPrimaryKeyString() == "slow")
        {
            await journal.Gate("activate");
        }

        if (this.GetPrimaryKeyString() == "broken" && journal.Lines.Count(line => line == "activating") < 3)
        {
            throw new InvalidDataException("no record");
        }

        journal.Write("activated");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        journal.Write($"deactivating {reason.ReasonCode}");
        if (this.GetPrimaryKeyString() == "lingering")
        {
            await journal.Gate("deactivate");
        }

        journal.Write("deactivated");
    }

    public Task<string> Key() => Task.FromResult(this.GetPrimaryKeyString());

    public Task<int> Add(int amount) => Task.FromResult(count += amount);

    public Task Write(string line)
    {
        journal.Write(line);
        return Task.CompletedTask;
    }

    public async Task Hold(string gate)
    {
        journal.Write($"{gate} begins");
        await journal.Gate(gate);
        journal.Write($"{gate} ends");
    }

    public Task<Note> Echo(Note note) => Task.FromResult(note);

    public async Task Throw(string message)
    {
        await Task.Yield();
        throw new InvalidDataException(message);
    }

    public Task Leave()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<Note> Mutate(Note note)
    {
        note.Numbers[0]++;
        kept ??= [7];
        return Task.FromResult(new Note("mine", kept));
    }

    public Task CallSelf() => GrainFactory.GetGrain<ICounter>(this.GetPrimaryKeyString()).Write("never");

    public Task<int> Peek() => Task.FromResult(count);

    public Task Read(string gate) => Hold(gate);

    public Task Tick(int dueSeconds, int periodSeconds, bool interleave, bool keepAlive)
    {
        this.RegisterGrainTimer(
            async cancellation =>
            {
                journal.Write("tick");
                await journal.Gate("tick");
                journal.Write("tock");
            },
            new GrainTimerCreationOptions(TimeSpan.FromSeconds(dueSeconds), TimeSpan.FromSeconds(periodSeconds))
            {
                Interleave = interleave,
                KeepAlive = keepAlive,
            });
        return Task.CompletedTask;
    }

    public async Task Wait(string gate, CancellationToken cancellation)
    {
        journal.Write($"{gate} begins");
        try
        {
            await journal.Gate(gate).WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            journal.Write($"{gate} cancelled");
            throw;
        }
    }

    public async IAsyncEnumerable<Note> Count(int to, string gate, [EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            for (int i = 1; i <= to; i++)
            {
                yield return new($"{i}", [i]);
            }

            if (gate == "throw")
            {
                throw new InvalidDataException("no more");
            }

            if (gate != "")
            {
                journal.Write($"{gate} begins");
                await journal.Gate(gate).WaitAsync(cancellation);
                yield return new("last", []);
            }
        }
        finally
        {
            journal.Write("enumerator disposed");
        }
    }
}
