using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>What a filter wraps: a call, or the opening of an enumeration.</summary>
internal interface IFilteredCall
{
    GrainMethod Method { get; }
    GrainId? Source { get; }
    Task<object?> InvokeGrain();
}

/// <summary>One call on its way through the filters.</summary>
internal sealed class FilteredCall(IFilteredCall call, Activation activation) : IIncomingGrainCallContext
{
    int next;

    public object Grain => activation.Instance;
    public GrainId? SourceId => call.Source;
    public GrainId TargetId => activation.GrainId;
    public IGrainContext TargetContext => activation;
    public MethodInfo InterfaceMethod => call.Method.Method;
    public MethodInfo ImplementationMethod => call.Method.ImplementedBy(activation.Instance.GetType());
    public string InterfaceName => InterfaceMethod.DeclaringType!.FullName!;
    public string MethodName => InterfaceMethod.Name;
    public object? Result { get; set; }

    internal async Task<object?> Run()
    {
        await Invoke();
        return Result;
    }

    public async Task Invoke()
    {
        if (next < activation.Engine.Filters.Length)
        {
            await activation.Engine.Filters[next++].Invoke(this);
        }
        else if (next++ == activation.Engine.Filters.Length && activation.Instance is IIncomingGrainCallFilter own)
        {
            await own.Invoke(this);
        }
        else
        {
            Result = await call.InvokeGrain();
        }
    }
}
