using System.Linq.Expressions;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Local;

/// <summary>A method of a grain interface: how it is sent and how it is invoked. One per method and process.</summary>
internal abstract class GrainMethod
{
    readonly Type[] parameterTypes;
    readonly int tokenIndex;

    protected GrainMethod(MethodInfo method)
    {
        Method = method;
        parameterTypes = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        tokenIndex = Array.IndexOf(parameterTypes, typeof(CancellationToken));
        AlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        ReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        OneWay = method.IsDefined(typeof(OneWayAttribute));
    }

    internal MethodInfo Method { get; }
    internal bool AlwaysInterleave { get; }
    internal bool ReadOnly { get; }
    internal bool OneWay { get; }

    /// <exception cref="NotSupportedException">The method is generic, has ref parameters, or returns what cannot be waited for.</exception>
    internal static GrainMethod Of(MethodInfo method)
    {
        if (method.IsGenericMethodDefinition || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef))
        {
            throw new NotSupportedException($"{method.DeclaringType}.{method.Name} has type parameters or ref parameters.");
        }

        Type returned = method.ReturnType;
        Type shape = returned.IsGenericType ? returned.GetGenericTypeDefinition() : returned;
        if (shape == typeof(Task) || shape == typeof(ValueTask))
        {
            return new TaskMethod<bool>(method);
        }

        Type? made = shape == typeof(Task<>) || shape == typeof(ValueTask<>) ? typeof(TaskMethod<>)
            : shape == typeof(IAsyncEnumerable<>) ? typeof(EnumerableMethod<>)
            : throw new NotSupportedException($"{method.DeclaringType}.{method.Name} returns neither a task nor an IAsyncEnumerable.");
        return (GrainMethod)Activator.CreateInstance(
            made.MakeGenericType(returned.GetGenericArguments()), BindingFlags.Instance | BindingFlags.NonPublic, null, [method], null)!;
    }

    /// <summary>Sends a call; what it returns is of the method's return type.</summary>
    internal abstract object Send(GrainProxy target, object?[] arguments);

    internal MethodInfo ImplementedBy(Type grainClass)
    {
        InterfaceMapping map = grainClass.GetInterfaceMap(Method.DeclaringType!);
        return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, Method)];
    }

    public override string ToString() => $"{Method.DeclaringType!.Name}.{Method.Name}";

    /// <summary>Puts copies in place of the arguments, so that the grain shares nothing with its caller.</summary>
    protected void Copy(object?[] arguments, LocalEngine engine)
    {
        if (engine.Options.RoundTrip is null)
        {
            return;
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = engine.Copy(arguments[i], parameterTypes[i]);
        }
    }

    protected CancellationToken TokenIn(object?[] arguments) =>
        tokenIndex < 0 ? default : (CancellationToken)arguments[tokenIndex]!;

    /// <summary>Compiles (grain, arguments) => ((TInterface)grain).Method((T0)arguments[0], ...).</summary>
    protected Func<object, object?[], TReturned> Compile<TReturned>(Func<Expression, Expression> convert)
    {
        ParameterExpression grain = Expression.Parameter(typeof(object));
        ParameterExpression arguments = Expression.Parameter(typeof(object?[]));
        Expression call = Expression.Call(
            Expression.Convert(grain, Method.DeclaringType!), Method,
            parameterTypes.Select((type, i) =>
                Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(i)), type)));
        return Expression.Lambda<Func<object, object?[], TReturned>>(convert(call), grain, arguments).Compile();
    }
}

/// <summary>A method that returns Task, Task&lt;T&gt;, ValueTask or ValueTask&lt;T&gt;; without a result, T is bool.</summary>
internal sealed class TaskMethod<T> : GrainMethod
{
    readonly Lazy<Func<object, object?[], Task>> invoke;

    internal TaskMethod(MethodInfo method) : base(method)
    {
        HasResult = method.ReturnType.IsGenericType;
        invoke = new(() => Compile<Task>(
            call => method.ReturnType.IsValueType ? Expression.Call(call, nameof(ValueTask.AsTask), null) : call));
    }

    internal bool HasResult { get; }

    internal Task InvokeOn(object grain, object?[] arguments) => invoke.Value(grain, arguments);

    internal override object Send(GrainProxy target, object?[] arguments)
    {
        Task<T> reply = Reply(target, arguments);
        return !Method.ReturnType.IsValueType ? reply : HasResult ? new ValueTask<T>(reply) : new ValueTask(reply);
    }

    Task<T> Reply(GrainProxy target, object?[] arguments)
    {
        try
        {
            CancellationToken cancellation = TokenIn(arguments);
            if (cancellation.IsCancellationRequested)
            {
                return Task.FromCanceled<T>(cancellation);
            }

            Copy(arguments, target.Engine);
            Call<T> call = new(this, arguments);
            if (cancellation.CanBeCanceled)
            {
                call.StopWaitingWhen(cancellation);
            }

            target.Engine.Send(target, call);
            return OneWay ? Task.FromResult<T>(default!) : call.Reply;
        }
        catch (Exception thrown)
        {
            return Task.FromException<T>(thrown);
        }
    }
}
