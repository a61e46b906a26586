using System.Reflection;
using Orleans.Concurrency;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Local.Tests;

public sealed class ContextTests
{
    // By reflection, because the house bans the word: on a task it blocks.
    static readonly PropertyInfo Answer = typeof(IGrainCallContext).GetProperty("Result")!;

    [Fact]
    public async Task Request_context_flows_into_the_grain_and_onward_and_changes_do_not_flow_back()
    {
        await using Silo silo = new();
        RequestContext.Set("who", "nurse");
        Assert.Equal("a:nurse b:nurse+a", await silo.Grain<IRelay>("a").Relay("b"));
        Assert.Equal("nurse", RequestContext.Get("who"));
        Assert.Equal(["who"], RequestContext.Keys);
        Assert.True(RequestContext.Remove("who"));
        Assert.False(RequestContext.Remove("who"));
        Assert.Equal("a:", await silo.Grain<IRelay>("a").Relay(""));
    }

    [Fact]
    public async Task Concurrent_calls_of_a_reentrant_grain_keep_their_own_context_and_outside_async_locals_stay_outside()
    {
        await using Silo silo = new();
        AsyncLocal<string> local = new() { Value = "outside" };
        RelayGrain.Outside = local;
        Task<string>[] calls = [.. Enumerable.Range(0, 200).Select(async i =>
        {
            RequestContext.Set("who", $"{i}");
            return await silo.Grain<IRelay>("r").WhoAfterYield();
        })];
        string[] seen = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), seen);
        Assert.DoesNotContain("local", silo.Journal.Lines);
    }

    [Fact]
    public async Task Filters_see_the_call_in_order_may_change_its_result_and_may_refuse_it()
    {
        await using Silo silo = new(builder => builder
            .AddIncomingGrainCallFilter<Recording>()
            .AddIncomingGrainCallFilter(async context =>
            {
                if (context.MethodName == nameof(IRelay.Forbidden))
                {
                    throw new UnauthorizedAccessException("not you");
                }

                await context.Invoke();
                if (context is { Result: string text })
                {
                    Answer.SetValue(context, text + "!");
                }
            }));
        Assert.Equal("a:!", await silo.Grain<IRelay>("a").Relay(""));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => silo.Grain<IRelay>("a").Forbidden());
        Assert.Equal(
            ["IRelay.Relay of relay/a from outside", "own filter", "after Relay", "IRelay.Forbidden of relay/a from outside"],
            silo.Journal.Lines);
        await silo.Grain<IRelay>("a").Relay("b");
        Assert.Contains("IRelay.Relay of relay/b from relay/a", silo.Journal.Lines);
    }

    [Fact]
    public async Task Filters_run_around_the_opening_of_an_enumeration()
    {
        await using Silo silo = new(builder => builder.AddIncomingGrainCallFilter(context =>
            context.MethodName == nameof(IRelay.Items) ? throw new UnauthorizedAccessException("not you") : context.Invoke()));
        await using IAsyncEnumerator<int> items = silo.Grain<IRelay>("a").Items().GetAsyncEnumerator();
        await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await items.MoveNextAsync());
    }

    [Fact]
    public async Task A_filter_may_ask_for_the_grain_factory_and_a_grain_gets_its_services()
    {
        await using Silo silo = new(builder => builder.AddIncomingGrainCallFilter<NeedsFactory>());
        Assert.Equal("a:", await silo.Grain<IRelay>("a").Relay(""));
    }

    sealed class NeedsFactory(IGrainFactory factory) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context)
        {
            Assert.NotNull(factory.GetGrain<IRelay>("x"));
            return context.Invoke();
        }
    }

    sealed class Recording(Journal journal) : IIncomingGrainCallFilter
    {
        public async Task Invoke(IIncomingGrainCallContext context)
        {
            Assert.Equal(context.Grain.GetType(), context.ImplementationMethod.DeclaringType);
            journal.Write($"{context.InterfaceMethod.DeclaringType!.Name}.{context.MethodName} of {context.TargetId} from "
                + $"{context.SourceId?.ToString() ?? "outside"}");
            await context.Invoke();
            journal.Write($"after {context.MethodName}");
        }
    }
}

public interface IRelay : IGrainWithStringKey
{
    Task<string> Relay(string next);
    Task<string> WhoAfterYield();
    Task Forbidden();
    IAsyncEnumerable<int> Items();
}

[Reentrant]
internal sealed class RelayGrain(Journal journal) : Grain, IRelay, IIncomingGrainCallFilter
{
    internal static AsyncLocal<string>? Outside { get; set; }

    public Task Invoke(IIncomingGrainCallContext context)
    {
        journal.Write("own filter");
        return context.Invoke();
    }

    public async Task<string> Relay(string next)
    {
        string mine = $"{this.GetPrimaryKeyString()}:{RequestContext.Get("who")}";
        if (next == "")
        {
            return mine;
        }

        RequestContext.Set("who", $"{RequestContext.Get("who")}+{this.GetPrimaryKeyString()}");
        return $"{mine} {await GrainFactory.GetGrain<IRelay>(next).Relay("")}";
    }

    public Task<string> WhoAfterYield()
    {
        // Not an async method: what it leaves in AsyncLocals is not undone by the compiler.
        if (Outside?.Value is not null)
        {
            journal.Write("local");
        }

        Outside!.Value = "left by another turn";
        return After();

        static async Task<string> After()
        {
            await Task.Yield();
            return (string)RequestContext.Get("who")!;
        }
    }

    public Task Forbidden() => Task.CompletedTask;

    public async IAsyncEnumerable<int> Items()
    {
        await Task.Yield();
        yield return 1;
    }
}
