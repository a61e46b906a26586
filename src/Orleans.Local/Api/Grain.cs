using Orleans.Runtime;

namespace Orleans;

/// <summary>
/// The base of grain classes. Whatever a grain does between two awaits is a turn, and turns of one activation never overlap.
/// </summary>
public abstract class Grain : IGrainBase, IAddressable
{
    // The engine constructs a grain on its own activation's scheduler; elsewhere (a unit test) there is no context.
    protected Grain() => GrainContext = Local.Activation.Current!;

    public IGrainContext GrainContext { get; }

    protected IGrainFactory GrainFactory => ((Local.Activation)GrainContext).Engine.ForGrains;

    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>Runs before the first call. If it fails, the calls that wait for it fail, and the next call starts anew.</summary>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the last call of this activation. It is not called when the process dies or the activation failed.</summary>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation once the requests that it is running have ended. Later calls go to a fresh activation.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps this activation from being collected as idle for a while; zero or less takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => ((Local.Activation)GrainContext).DelayDeactivation(timeSpan);
}
