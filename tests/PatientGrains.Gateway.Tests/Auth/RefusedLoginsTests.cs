using Microsoft.Extensions.Logging.Abstractions;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Tests.Rest;

namespace PatientGrains.Gateway.Tests.Auth;

public sealed class RefusedLoginsTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    private readonly ManualTime _time = new();

    private RefusedLogins Logins(int perSecond = 3, int addresses = 2) =>
        new(server.Options with { MaxNotedLoginsPerSecond = perSecond, MaxCountedAddresses = addresses }, _time);

    [Fact]
    public void The_first_of_a_second_are_written_and_the_rest_is_counted_per_address()
    {
        var logins = Logins();
        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(_ => logins.Take("a")));
        Assert.True(logins.Take("b"));
        Assert.Empty(logins.Due());
        _time.Now += TimeSpan.FromSeconds(1);
        Assert.Equal([new RefusedLogins.Count("a", 2)], logins.Due());
        Assert.Empty(logins.Due());
        Assert.True(logins.Take("a"));
    }

    [Fact]
    public void Addresses_beyond_the_bound_share_one_count()
    {
        var logins = Logins(perSecond: 1);
        foreach (string address in (string[])["a", "b", "c", "d", "e"])
            logins.Take(address);
        Assert.Equal([new RefusedLogins.Count(RefusedLogins.OtherAddresses, 2)], logins.Due(stopping: true));
    }

    [Fact]
    public async Task Counts_that_are_due_when_the_server_stops_are_durable_before_it_has_stopped()
    {
        var logins = Logins(perSecond: 1);
        string address = "203.0.113." + Guid.NewGuid().ToString("N");
        for (int i = 0; i < 40; i++)
            logins.Take(address);
        var notes = new AccessNotes(server.Grains, logins, _time);
        using var counter = new LoginCounter(logins, notes, _time, NullLogger<LoginCounter>.Instance);
        await counter.StartAsync(default);
        await counter.StopAsync(default);
        var entry = Assert.Single(await server.SecurityEntries(), entry => entry.Asked.Contains(address, StringComparison.Ordinal));
        Assert.StartsWith("39 more refused logins", entry.Asked, StringComparison.Ordinal);
    }

    private sealed class ManualTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
