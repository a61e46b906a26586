using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log.Tests;

namespace PatientGrains.LoadTests.Tests;

public class RunnerTests
{
    private readonly ManualClock _clock = new();

    private sealed class Scripted(Load load, Func<Arrival, ValueTask<Done>> step, params Contender[] beside) : IScenario
    {
        public string Name => "scripted";
        public string Measures => "what a test wants";
        public Load Load => load;
        public bool Prepared { get; private set; }
        public IReadOnlyList<Contender> Beside => beside;

        public Task Prepare(Recorder own)
        {
            Prepared = true;
            return Task.CompletedTask;
        }

        public ValueTask<Done> Step(Arrival arrival) => step(arrival);

        public IEnumerable<Figure> Figures(Measured measured) => [new Figure("speed", measured.Ours.PerSecond, "/s")];

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private Runner Runner => new(_clock, _clock.Move);

    [Fact]
    public async Task Contenders_take_turns_and_the_first_round_warms_up()
    {
        var turns = new List<string>();
        ValueTask<Done> Turn(string who, int millis)
        {
            turns.Add(who);
            _clock.Move(TimeSpan.FromMilliseconds(millis));
            return new(new Done(10));
        }
        var scenario = new Scripted(new TurnsLoad(Rounds: 2, WarmUps: 1), _ => Turn("ours", 100),
            new Contender("floor", _ => Turn("floor", 20)));
        var measured = await Runner.Run(scenario);
        Assert.True(scenario.Prepared);
        Assert.Equal(["ours", "floor", "floor", "ours", "ours", "floor"], turns);
        Assert.Equal(2, measured.Ours.Rounds.Count);
        Assert.Equal(100, measured.Ours.PerSecond, 6);
        Assert.Equal(500, measured.Beside[0].PerSecond, 6);
        Assert.Equal(0.2, Measured.Ratio(measured.Ours, measured.Beside[0], round => round.PerSecond), 6);
    }

    [Fact]
    public async Task A_step_that_times_itself_is_believed()
    {
        var measured = await Runner.Run(new Scripted(
            new TurnsLoad(1, 0), _ => new(new Done(10, TimeSpan.FromSeconds(2)))));
        Assert.Equal(5, measured.Ours.PerSecond, 6);
    }

    [Fact]
    public async Task Numbers_go_on_from_warming_up_to_measuring()
    {
        var arrivals = new List<Arrival>();
        var load = new OpenLoad(new ConstantArrivals(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        await Runner.Run(new Scripted(load, arrival =>
        {
            arrivals.Add(arrival);
            return new(Done.One);
        }));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => (long)i), arrivals.Select(arrival => arrival.Number));
        Assert.Equal(20, arrivals.Count(arrival => arrival.Counts));
    }

    [Fact]
    public async Task Callers_of_a_closed_loop_ask_again_when_they_are_answered()
    {
        var load = new ClosedLoad(1, TimeSpan.Zero, TimeSpan.FromSeconds(1), Rounds: 2);
        var measured = await Runner.Run(new Scripted(load, _ =>
        {
            _clock.Move(TimeSpan.FromMilliseconds(10));
            return new(Done.One);
        }));
        Assert.Equal(200, measured.Ours.Latency.All.Count);
        Assert.Equal(10, measured.Ours.Latency.P(0.5), 0.1);
        Assert.Equal(100, measured.Ours.PerSecond, 6);
    }

    [Fact]
    public async Task A_caller_that_only_fails_gives_up()
    {
        var load = new ClosedLoad(2, TimeSpan.Zero, TimeSpan.FromSeconds(1), Rounds: 1);
        var measured = await Runner.Run(new Scripted(load, _ => throw new InvalidDataException("always")));
        Assert.Equal((20, 20), (measured.Ours.Failed, measured.Ours.Attempts));
    }
}
