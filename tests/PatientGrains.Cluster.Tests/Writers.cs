using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace PatientGrains.Cluster.Tests;

/// <summary>
/// Clients that write to a few patients, one resource after the other, and remember what was acknowledged. A client that is told 503 tries
/// again with the same key, as the front tells it to.
/// </summary>
internal sealed class Writers(HttpClient http, IReadOnlyList<string> patients, int lanes)
{
    /// <summary>Between two requests of a client: a load that leaves the machine room to work.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>Of the ids of what they write.</summary>
    public string Prefix { get; init; } = "w";

    private readonly ConcurrentDictionary<string, int> _acknowledged = [];
    private readonly ConcurrentQueue<(string Patient, long Asked, long Answered)> _answers = [];
    private int _told503;
    private volatile bool _stops;
    private TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _writing = Task.CompletedTask;

    /// <summary>Id of each resource that was acknowledged, and its value.</summary>
    public IReadOnlyDictionary<string, int> Acknowledged => _acknowledged;

    /// <summary>Requests that were answered with 503.</summary>
    public int Told503 => _told503;

    /// <summary>The longest that a request took, its repetitions included.</summary>
    public TimeSpan Longest => _answers.Max(answer => Stopwatch.GetElapsedTime(answer.Asked, answer.Answered));

    /// <summary>For whoever reads the test's output.</summary>
    public string Summary => $"{Acknowledged.Count} acknowledged; the longest request took {Longest.TotalSeconds:F1} s; 503: {Told503}";

    /// <summary>How many answers came after a moment.</summary>
    public int After(long moment) => _answers.Count(answer => answer.Answered > moment);

    /// <summary>How long after a moment each patient had been written to, a request that began behind that moment.</summary>
    public TimeSpan AllServedAfter(long moment) => Stopwatch.GetElapsedTime(moment, _answers
        .Where(answer => answer.Asked > moment).GroupBy(answer => answer.Patient).Select(of => of.Min(answer => answer.Answered)).Max());

    public bool HaveAllBeenServedAfter(long moment) =>
        _answers.Where(answer => answer.Asked > moment).Select(answer => answer.Patient).Distinct().Count() == patients.Count;

    /// <summary>Begins to write.</summary>
    public void Start() => _writing = Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Task.Run(() => Write(lane))));

    /// <summary>Waits for what answers bring about; what breaks a writer breaks the test.</summary>
    public async Task Until(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TestedCluster.Patience);
        while (true)
        {
            var next = Volatile.Read(ref _answered).Task;
            if (condition())
                return;
            if (await Task.WhenAny(next, _writing).WaitAsync(deadline.Token) == _writing)
                await _writing;
        }
    }

    /// <summary>No request begins any more, and those that have begun are answered.</summary>
    public async Task Stop()
    {
        _stops = true;
        await _writing;
    }

    /// <summary>Everything that was acknowledged is there, with the value that was acknowledged.</summary>
    public Task FindEverything() => FindEverything(http);

    /// <summary>The same, asked of another front.</summary>
    public async Task FindEverything(HttpClient front)
    {
        await Parallel.ForEachAsync(_acknowledged, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var (id, kg) = one;
            using var answer = await Read(front, "Observation/" + id);
            var resource = JsonNode.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None))!;
            Assert.Equal(kg, (int)resource["valueQuantity"]!["value"]!);
            Assert.Equal("1", (string)resource["meta"]!["versionId"]!);
        });
    }

    /// <summary>A read writes its access entry, and may have to be tried again as any write.</summary>
    public static async Task<HttpResponseMessage> Read(HttpClient front, string url)
    {
        while (true)
        {
            var answer = await front.GetAsync(url);
            if (answer.StatusCode == HttpStatusCode.OK)
                return answer;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            answer.Dispose();
        }
    }

    private async Task Write(int lane)
    {
        using var pace = new PeriodicTimer(Pace);
        for (int number = lane; !_stops; number += lanes)
        {
            string patient = patients[number % patients.Count];
            string id = $"{Prefix}{number}";
            long asked = Stopwatch.GetTimestamp();
            await Write(id, patient, number, pace);
            _acknowledged[id] = number;
            _answers.Enqueue((patient, asked, Stopwatch.GetTimestamp()));
            Interlocked.Exchange(ref _answered, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            await pace.WaitForNextTickAsync();
        }
    }

    private async Task Write(string id, string patient, int kg, PeriodicTimer pace)
    {
        while (true)
        {
            using var answer = await http.Put("Observation/" + id, Asking.Weight(id, patient, kg), id);
            if (answer.StatusCode is HttpStatusCode.Created)
                return;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Interlocked.Increment(ref _told503);
            await pace.WaitForNextTickAsync();
        }
    }
}
