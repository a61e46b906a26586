using System.Diagnostics;
using Orleans.Concurrency;

namespace Orleans.Local.Tests;

public sealed class TraceTests
{
    [Fact]
    public async Task A_trace_goes_on_in_the_grain_and_in_the_grains_that_it_calls()
    {
        await using Silo silo = new();
        using Activity caller = new Activity("caller").Start();
        Assert.Equal($"a {caller.Id}, b {caller.Id}", await silo.Grain<ITracing>("a").Trace("b"));
    }

    [Fact]
    public async Task The_activation_belongs_to_the_trace_of_the_first_call()
    {
        await using Silo silo = new();
        using Activity caller = new Activity("caller").Start();
        Assert.Equal(caller.Id, await silo.Grain<ITracing>().ActivatedIn());
        caller.Stop();
        Assert.Equal(caller.Id, await silo.Grain<ITracing>().ActivatedIn());
    }

    [Fact]
    public async Task A_trace_ends_with_its_call_and_does_not_show_in_the_next()
    {
        await using Silo silo = new();
        using (new Activity("caller").Start())
        {
            await silo.Grain<ITracing>().Trace("");
        }

        Assert.Equal("a ", await silo.Grain<ITracing>().Trace(""));
    }

    [Fact]
    public async Task Concurrent_calls_of_a_reentrant_grain_keep_their_own_trace()
    {
        await using Silo silo = new();
        (string? Own, string Seen)[] calls = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            using Activity caller = new Activity("caller").Start();
            return (caller.Id, await silo.Grain<ITracing>().TraceAfterYield());
        }));
        Assert.Equal(200, calls.DistinctBy(call => call.Own).Count());
        Assert.All(calls, call => Assert.Equal(call.Own, call.Seen));
    }

    [Fact]
    public async Task An_enumeration_belongs_to_the_trace_of_whoever_began_it()
    {
        await using Silo silo = new();
        using Activity caller = new Activity("caller").Start();
        await foreach (string seen in silo.Grain<ITracing>().Traces())
        {
            Assert.Equal(caller.Id, seen);
        }
    }
}

public interface ITracing : IGrainWithStringKey
{
    Task<string> Trace(string next);

    Task<string> TraceAfterYield();

    Task<string> ActivatedIn();

    IAsyncEnumerable<string> Traces();
}

[Reentrant]
public sealed class TracingGrain : Grain, ITracing
{
    string activatedIn = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        activatedIn = Activity.Current?.Id ?? "";
        return Task.CompletedTask;
    }

    public async Task<string> Trace(string next)
    {
        string own = $"{this.GetPrimaryKeyString()} {Activity.Current?.Id}";
        return next.Length == 0 ? own : $"{own}, {await GrainFactory.GetGrain<ITracing>(next).Trace("")}";
    }

    public async Task<string> TraceAfterYield()
    {
        await Task.Yield();
        return Activity.Current?.Id ?? "";
    }

    public Task<string> ActivatedIn() => Task.FromResult(activatedIn);

    public async IAsyncEnumerable<string> Traces()
    {
        yield return Activity.Current?.Id ?? "";
        await Task.Yield();
        yield return Activity.Current?.Id ?? "";
    }
}
