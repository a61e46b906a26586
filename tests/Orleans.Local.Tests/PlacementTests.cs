using Orleans.Concurrency;

namespace Orleans.Local.Tests;

public sealed class PlacementTests
{
    [Fact]
    public async Task A_stateless_worker_gets_another_activation_when_all_are_busy_up_to_its_limit()
    {
        await using Silo silo = new();
        IWorker worker = silo.Grain<IWorker>();
        Task[] held = [worker.Work("one"), worker.Work("two"), worker.Work("three"), worker.Work("four")];
        await silo.Journal.Seen("one begins");
        await silo.Journal.Seen("two begins");
        await silo.Journal.Seen("three begins");
        Assert.Equal(3, silo.Engine.Live.Count());
        Assert.DoesNotContain("four begins", silo.Journal.Lines);
        foreach (string gate in new[] { "one", "two", "three", "four" })
        {
            silo.Journal.Open(gate);
        }

        await Task.WhenAll(held);
        await worker.Work("four");
        Assert.Equal(3, silo.Journal.Lines.Count(line => line == "hired"));
    }

    [Fact]
    public async Task Workers_that_leave_are_replaced_and_their_waiting_calls_are_run()
    {
        await using Silo silo = new();
        IWorker worker = silo.Grain<IWorker>();
        for (int i = 0; i < 100; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(n => n % 3 == 0 ? worker.Quit() : worker.Work("none")))
                .WaitAsync(TimeSpan.FromMinutes(5)); // a lost call would be waited for in vain
        }
    }

    [Fact]
    public async Task A_common_interface_needs_a_class_prefix_and_sub_interfaces_find_their_own_class()
    {
        await using Silo silo = new();
        Assert.Equal("cat", await silo.Grain<ICat>().Name());
        Assert.Equal("dog", await silo.Grain<IDog>().Name());
        IAnimal dog = silo.Client.GetGrain<IAnimal>("a", "Orleans.Local.Tests.Dog");
        Assert.Equal("dog", await dog.Name());
        Assert.Equal(2, silo.Engine.Live.Count());
        Assert.Throws<ArgumentException>(() => silo.Grain<IAnimal>());
        Assert.Throws<ArgumentException>(() => silo.Grain<INobody>());
        Assert.Equal("named-dog/a", dog.GetGrainId().ToString());
        Assert.Equal("a", dog.GetPrimaryKeyString());
        Assert.Equal(silo.Grain<ICat>(), silo.Grain<ICat>());
        Assert.NotEqual(silo.Grain<ICat>("a"), silo.Grain<ICat>("b"));
    }

    [Fact]
    public async Task Value_tasks_and_one_way_calls_work()
    {
        await using Silo silo = new();
        ICat cat = silo.Grain<ICat>();
        Assert.Equal(7, await cat.Seven());
        await cat.Nothing();
        await cat.Scratch();
        silo.Journal.Open("scratch");
        await silo.Journal.Seen("scratched");
    }
}

public interface IWorker : IGrainWithStringKey
{
    Task Work(string gate);
    Task Quit();
}

[StatelessWorker(3)]
internal sealed class WorkerGrain(Journal journal) : Grain, IWorker
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Write("hired");
        return Task.CompletedTask;
    }

    public async Task Work(string gate)
    {
        if (gate != "none")
        {
            journal.Write($"{gate} begins");
            await journal.Gate(gate);
        }
    }

    public Task Quit()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

public interface IAnimal : IGrainWithStringKey
{
    Task<string> Name();
}

public interface ICat : IAnimal
{
    ValueTask<int> Seven();
    ValueTask Nothing();

    [OneWay]
    Task Scratch();
}

public interface IDog : IAnimal;

public interface INobody : IGrainWithStringKey;

internal sealed class CatGrain(Journal journal) : Grain, ICat
{
    public Task<string> Name() => Task.FromResult("cat");
    public ValueTask<int> Seven() => new(7);
    public ValueTask Nothing() => default;

    public async Task Scratch()
    {
        await journal.Gate("scratch");
        journal.Write("scratched");
        throw new InvalidDataException("nobody hears this");
    }
}

[GrainType("named-dog")]
internal sealed class DogGrain : Grain, IDog
{
    public Task<string> Name() => Task.FromResult("dog");
}
