using Orleans.Concurrency;

namespace Orleans.Local.Tests;

/// <summary>Many grains, many callers, activations that come and go: no two turns of a grain overlap, and no call is lost.</summary>
public sealed class StressTests
{
    const int Grains = 50;
    const int Callers = 16;
    const int CallsPerCaller = 4_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_call_is_lost_and_no_turns_overlap_while_activations_come_and_go(bool reentrant)
    {
        await using Silo silo = new(options: Storm);
        Audit.Reset();
        IAudited Target(int i) => reentrant ? silo.Grain<IAuditedReentrant>($"{i}") : silo.Grain<IAuditedSerial>($"{i}");
        using CancellationTokenSource done = new();
        Task storm = Task.Run(() => CollectTheIdle(silo, done.Token));
        Task calling = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < CallsPerCaller; i++)
            {
                IAudited grain = Target(((caller * 7919) + (i * 31)) % Grains);
                int answer = await (i % 10 == 0 ? grain.WorkAndLeave(i) : grain.Work(i));
                Assert.Equal(i, answer);
            }
        })));
        try
        {
            await calling.WaitAsync(TimeSpan.FromMinutes(10)); // a lost call would be waited for in vain
        }
        finally
        {
            await done.CancelAsync();
            await storm;
        }

        await silo.Engine.StopAsync(CancellationToken.None);
        Assert.Equal(Callers * CallsPerCaller, Audit.Calls);
        Assert.Equal(0, Audit.Overlaps);
        Assert.Equal(0, Audit.Twins);
        // Every tenth call ends its activation, which has at most one such call of each caller: they wait for their answers.
        Assert.True(Audit.Activations >= CallsPerCaller / 10, $"Only {Audit.Activations} activations: this was no storm.");
        Assert.Equal(Audit.Activations, Audit.Deactivations);
    }

    // In a race with the callers.
    static async Task CollectTheIdle(Silo silo, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            silo.Clock.Move(TimeSpan.FromSeconds(2));
            await Task.Yield();
        }
    }

    // The storm's clock runs a thousand times too fast for anything but collection.
    static void Storm(Orleans.Hosting.LocalEngineOptions options)
    {
        options.CollectionAge = TimeSpan.FromSeconds(1);
        options.ResponseTimeout = options.ActivationTimeout = options.DeactivationTimeout = Timeout.InfiniteTimeSpan;
    }

    [Fact]
    public async Task Calls_of_one_caller_arrive_in_order_across_a_deactivation()
    {
        // All of them may wait at once.
        await using Silo silo = new(options: options => options.MaxEnqueuedRequests = 20_000);
        IOrdered ordered = silo.Grain<IOrdered>();
        List<Task> sent = [];
        for (int i = 0; i < 20_000; i++)
        {
            sent.Add(ordered.Next(i));
        }

        await Task.WhenAll(sent);
        Assert.Equal(Enumerable.Range(0, 20_000), OrderedGrain.Seen);
    }
}

/// <summary>What the audited grains count, over all activations.</summary>
internal static class Audit
{
    internal static int Calls;
    internal static int Overlaps;
    internal static int Twins;
    internal static int Activations;
    internal static int Deactivations;

    internal static void Reset() => Calls = Overlaps = Twins = Activations = Deactivations = 0;
}

public interface IAudited : IGrainWithStringKey
{
    Task<int> Work(int number);
    Task<int> WorkAndLeave(int number);
}

public interface IAuditedSerial : IAudited;

public interface IAuditedReentrant : IAudited;

internal sealed class AuditedSerialGrain : Audited, IAuditedSerial;

[Reentrant]
internal sealed class AuditedReentrantGrain : Audited, IAuditedReentrant;

internal abstract class Audited : Grain
{
    static readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> Living = new();
    int inTurn;
    int requests;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Living.AddOrUpdate(GrainContext.GrainId.ToString(), 1, (_, count) => count + 1) > 1)
        {
            Interlocked.Increment(ref Audit.Twins);
        }

        Interlocked.Increment(ref Audit.Activations);
        await Task.Yield();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (requests != 0)
        {
            Interlocked.Increment(ref Audit.Overlaps);
        }

        Interlocked.Increment(ref Audit.Deactivations);
        Living.AddOrUpdate(GrainContext.GrainId.ToString(), 0, (_, count) => count - 1);
    }

    public async Task<int> Work(int number)
    {
        // A second request within is an overlap unless the class is reentrant; a second turn within is one always.
        if (++requests > 1 && this is AuditedSerialGrain)
        {
            Interlocked.Increment(ref Audit.Overlaps);
        }

        Turn();
        await Task.Yield();
        Turn();
        if (number % 5 == 0)
        {
            await Task.Run(static () => { });
            Turn();
        }

        requests--;
        Interlocked.Increment(ref Audit.Calls);
        return number;
    }

    public Task<int> WorkAndLeave(int number)
    {
        DeactivateOnIdle();
        return Work(number);
    }

    void Turn()
    {
        if (Interlocked.Exchange(ref inTurn, 1) == 1 || Activation.Current != GrainContext)
        {
            Interlocked.Increment(ref Audit.Overlaps);
        }

        SpinWait.SpinUntil(static () => true);
        Interlocked.Exchange(ref inTurn, 0);
    }
}

public interface IOrdered : IGrainWithStringKey
{
    Task Next(int number);
}

internal sealed class OrderedGrain : Grain, IOrdered
{
    internal static List<int> Seen { get; } = [];

    public async Task Next(int number)
    {
        Seen.Add(number);
        if (number % 100 == 0)
        {
            DeactivateOnIdle();
            await Task.Yield();
        }
    }
}
