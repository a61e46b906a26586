using System.Reflection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>A call as its filters see it.</summary>
public interface IGrainCallContext
{
    object Grain { get; }

    /// <summary>The grain that calls; null when the call comes from outside.</summary>
    GrainId? SourceId { get; }

    GrainId TargetId { get; }
    string InterfaceName { get; }
    string MethodName { get; }
    MethodInfo InterfaceMethod { get; }

    /// <summary>The reply, once <see cref="Invoke"/> has completed; a filter may replace it.</summary>
    object? Result { get; set; }

    /// <summary>Goes on to the next filter, or to the grain after the last.</summary>
    Task Invoke();
}

public interface IIncomingGrainCallContext : IGrainCallContext
{
    IGrainContext TargetContext { get; }
    MethodInfo ImplementationMethod { get; }
}

/// <summary>
/// Runs around every call to a grain, on the grain's scheduler: those registered with the silo in their order, then the grain's own
/// if its class is a filter.
/// </summary>
public interface IIncomingGrainCallFilter
{
    Task Invoke(IIncomingGrainCallContext context);
}

public delegate Task IncomingGrainCallFilterDelegate(IIncomingGrainCallContext context);
