using Microsoft.Extensions.Logging.Abstractions;
using PatientGrains.Gateway;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Simulation.Stage;

/// <summary>One life of a front: the real subscriptions, which reach grains over the network.</summary>
internal sealed class Front : Node
{
    public Front(Cluster cluster, int slot, int life)
        : base(cluster.World, $"front{slot}.{life}")
    {
        Slot = slot;
        Clock.Error = cluster.DrawClockError();
        var router = new Router(cluster, this);
        var options = new GatewayOptions { TokenKey = new byte[32], Sources = [], Feeds = cluster.Settings.Feeds };
        var notes = new AccessNotes(router, new RefusedLogins(options, Clock), Clock);
        var unreadable = new UnreadableLines(notes, options.Feeds, Clock);
        var source = new FeedSource(router, unreadable, options.Feeds, Clock, NullLogger<FeedSource>.Instance);
        Hub = new FeedHub(source, notes, options.Feeds, Clock, CancellationToken.None);
        Say("starts");
    }

    public int Slot { get; }

    public FeedHub Hub { get; }

    public override void Die()
    {
        Say("dies");
        base.Die();
    }
}
